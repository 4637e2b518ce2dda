// What tests with a server start from.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "tests/patience.h"
#include "tests/unit/vsphere_http/certificate.h"
#include "tests/unit/vsphere_http/scripted_server.h"
#include "vsphere/http/transport.h"

namespace vtpmfs::vsphere::http {

inline Call within(std::chrono::milliseconds timeout) {
  Call call;
  call.timeout = timeout;
  return call;
}

/// Longer than anything here takes, shorter than a test runner's patience.
inline Call patient() {
  return within(patience(std::chrono::seconds(20)));
}

/// A request that only looks, or one that changes something.
inline HttpRequest looking(std::string target = "/x") {
  HttpRequest request;
  request.target = std::move(target);
  request.max_body = 1 << 20;
  request.changes = false;
  request.repeatable = true;
  return request;
}

inline HttpRequest changing(std::string target = "/x") {
  HttpRequest request = looking(std::move(target));
  request.method = HttpRequest::Method::post;
  request.body = "do it";
  request.changes = true;
  request.repeatable = false;
  return request;
}

class ServerTest : public testing::Test {
 protected:
  void serve(ScriptedServer::Script script) {
    server_ = std::make_unique<ScriptedServer>(certificate_, std::move(script));
  }

  /// Trusts the server by its thumbprint.
  [[nodiscard]] TransportSettings settings() const {
    TransportSettings made;
    made.host = "127.0.0.1";
    made.port = server_->port();
    made.tls.thumbprint = certificate_.sha256();
    made.user_agent = "vtpmfs-test";
    return made;
  }

  std::unique_ptr<Transport> connect() { return connect(settings()); }
  std::unique_ptr<Transport> connect(const TransportSettings& wanted) {
    auto transport = Transport::create(wanted);
    EXPECT_TRUE(transport) << transport.error().words;
    return transport ? std::move(*transport) : nullptr;
  }

  Certificate certificate_{CertificateWish{}};
  std::unique_ptr<ScriptedServer> server_;
};

/// How long `work` took.
template <class Work>
std::chrono::milliseconds time_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

/// Waits until it is so; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(10));
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace vtpmfs::vsphere::http
