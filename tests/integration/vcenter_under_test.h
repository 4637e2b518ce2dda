// A simulated vCenter in this process, and a connection to it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

#include "tests/patience.h"
#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/https/tls_identity.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/world.h"
#include "vsphere/connection.h"

namespace vtpmfs::vsphere {

class VCenterUnderTest {
 public:
  explicit VCenterUnderTest(const simulator::FleetOptions& fleet = {}) {
    simulator::build_world(simulator_, fleet);
    simulator_.start();
  }

  simulator::Simulator& simulator() { return simulator_; }

  ConnectionSettings settings() {
    ConnectionSettings settings;
    settings.host = "127.0.0.1";
    settings.port = simulator_.port();
    settings.user = simulator_.options().user;
    settings.password = [password = simulator_.options().password] {
      return Result<std::string>(password);
    };
    settings.tls.thumbprint = simulator_.tls().sha256_thumbprint();
    settings.timeout = patience(std::chrono::seconds{20});
    settings.user_agent = "vtpmfs-test";
    return settings;
  }

  std::unique_ptr<Connection> connect() { return connect(settings()); }
  static std::unique_ptr<Connection> connect(ConnectionSettings settings) {
    auto connection = Connection::open(std::move(settings));
    EXPECT_TRUE(connection) << connection.error().words;
    return connection ? std::move(*connection) : nullptr;
  }

  /// Runs a control verb; the test fails where that fails.
  nlohmann::json tell(const std::string& verb,
                      nlohmann::json arguments = nlohmann::json::object()) {
    arguments["verb"] = verb;
    const auto answer = simulator_.verbs().run(arguments);
    EXPECT_TRUE(answer) << verb << ": " << answer.error();
    return answer ? *answer : nlohmann::json();
  }
  void set(const std::string& name, const std::string& value) {
    tell("switch", {{"name", name}, {"value", value}});
  }
  uint64_t count(const std::string& kind) { return simulator_.counters().of(kind); }
  void reset_counts() { simulator_.counters().reset(); }

 private:
  simulator::Simulator simulator_;
};

/// Looks again and again, for at most 20 s.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds{20});
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

}  // namespace vtpmfs::vsphere
