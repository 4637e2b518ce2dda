// A session at the fake service, with everything that uses it.
#pragma once

#include <memory>
#include <string>

#include "tests/unit/vsphere_http/fake_service.h"
#include "tests/unit/vsphere_http/server_fixture.h"
#include "vsphere/http_file_service.h"
#include "vsphere/service_discovery.h"
#include "vsphere/session.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_client.h"

namespace vtpmfs::vsphere {

class SessionTest : public http::ServerTest {
 protected:
  /// Before anything of a test goes: the server's threads use the service until they have ended.
  void TearDown() override {
    close();
    server_.reset();
  }

  /// Starts the service and connects, without a login.
  Status discover(bool read_only = false) {
    serve([this](const http::ServedRequest& request, http::Wire& wire) {
      service_.serve(request, wire);
    });
    auto wanted = settings();
    wanted.read_only = read_only;
    transport_ = connect(wanted);
    auto found = discover_service(*transport_, counts_, http::patient());
    if (!found) return fail(std::move(found.error()));
    found_ = std::move(*found);
    SessionSettings session;
    session.user = "backup@vsphere.local";
    session.password = [this]() -> Result<std::string> { return password_; };
    session.timeout = login_timeout_;
    session.session_manager = *found_.refs.session_manager;
    session.endpoint = found_.vim;
    session.first_cookie = found_.cookie;
    session_ = std::make_unique<Session>(*transport_, counts_, std::move(session));
    caller_ =
        std::make_unique<SoapClient>(*transport_, *session_, found_.vim, found_.refs, counts_);
    files_ = std::make_unique<HttpFileService>(*transport_, *session_, counts_);
    return {};
  }

  Status open(bool read_only = false) {
    if (auto status = discover(read_only); !status) return status;
    return session_->renew_and_wait(0, http::patient());
  }

  /// In the order of a Connection's end.
  void close() {
    if (!transport_) return;
    transport_->shut_down();
    if (session_) session_->log_out();
    transport_.reset();
  }

  Status current_time(const Call& how = http::patient()) {
    _vim25__CurrentTime request;
    request._USCOREthis = reference("ServiceInstance", "ServiceInstance");
    auto answer = call<_vim25__CurrentTimeResponse>(*caller_, request, how);
    if (!answer) return fail(std::move(answer.error()));
    return {};
  }

  Result<std::string> create_folder(const Call& how = http::patient()) {
    _vim25__CreateFolder request;
    request._USCOREthis = reference("Folder", "group-v3");
    request.name = "new";
    auto answer = call<_vim25__CreateFolderResponse>(*caller_, request, how);
    if (!answer) return fail(std::move(answer.error()));
    return (*answer)->returnval->__item;
  }

  FakeService service_;
  TrafficCounts counts_;
  std::string password_ = "right";
  std::chrono::milliseconds login_timeout_{20000};
  DiscoveredService found_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<SoapClient> caller_;
  std::unique_ptr<HttpFileService> files_;
  std::unique_ptr<http::Transport> transport_;  // last: its end is what the others wait for
};

}  // namespace vtpmfs::vsphere
