#include "tests/simulator/simulator.h"

#include "tests/simulator/collector/collector_operations.h"
#include "tests/simulator/collector/view.h"
#include "tests/simulator/control/capture.h"
#include "tests/simulator/control/core_verbs.h"
#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/fault_injector.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/https/http_server.h"
#include "tests/simulator/https/tls_identity.h"
#include "tests/simulator/random_id.h"
#include "tests/simulator/service/front_door.h"
#include "tests/simulator/service/service_operations.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/soap/operations.h"
#include "tests/simulator/task/task.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/simulator/task/task_operations.h"

namespace vtpmfs::simulator {
namespace {

/// POST /control: each line of the body is a request, each line of the answer its reply.
HttpResponse control_answer(const Verbs& verbs, const HttpRequest& request) {
  if (request.path != "/control") return HttpResponse::text(404, "POST /control\n");
  if (request.method != "POST") return HttpResponse::text(405, "POST /control\n");
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  std::string_view rest = request.body;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      response.body += verbs.run(line);
    }
  }
  return response;
}

}  // namespace

Simulator::Simulator(Options options)
    : options_(std::move(options)),
      instance_uuid_(random_uuid()),
      permissions_(std::make_unique<Permissions>()),
      switches_(std::make_unique<Switches>()),
      verbs_(std::make_unique<Verbs>()),
      counters_(std::make_unique<Counters>()),
      injector_(std::make_unique<FaultInjector>()),
      capture_(std::make_unique<CaptureDirectory>()),
      sessions_(std::make_unique<SessionTable>()),
      operations_(std::make_unique<Operations>(*this)),
      tasks_(std::make_unique<TaskEngine>(inventory_, *switches_)),
      tls_(options_.certificate_file.empty()
               ? std::make_unique<TlsIdentity>()
               : std::make_unique<TlsIdentity>(options_.certificate_file, options_.key_file)),
      front_door_(std::make_unique<FrontDoor>(*this)) {
  permissions_->add_user(options_.user, options_.password);
  const auto hold = inventory_.write();
  add_service(*this);
  add_view_operations(*this);
  add_retrieve_operations(*this);
  add_filter_operations(*this);
  add_task_operations(*this);
  // Types whose objects come and go: their paths are known from the start.
  inventory_.declare_type("Task", Task({}, {}, {}).properties());
  inventory_.declare_type("ContainerView",
                          ContainerView({}, inventory_, {}, {}, true).properties());
  inventory_.declare_type("ListView", ListView({}, inventory_, {}).properties());
  add_core_verbs(*this);
}

Simulator::~Simulator() {
  stop();
}

void Simulator::start() {
  {
    const auto hold = inventory_.write();
    permissions_->grant(options_.user, inventory_.root(), "admin");
    service_content_["rootFolder"] = inventory_.root();
  }
  server_ = std::make_unique<HttpServer>(
      options_.port, tls_->context(),
      [this](const HttpRequest& request) { return front_door_->answer(request); });
  if (options_.control) {
    control_server_ = std::make_unique<HttpServer>(
        options_.control_port, nullptr,
        [this](const HttpRequest& request) { return control_answer(*verbs_, request); });
  }
}

void Simulator::stop() {
  injector_->stop();
  sessions_->expire();  // wakes WaitForUpdatesEx
  if (control_server_) control_server_->stop();
  if (server_) server_->stop();
  tasks_->stop();
}

std::string Simulator::url() const {
  return "https://127.0.0.1:" + std::to_string(port());
}

const TlsIdentity& Simulator::tls() const {
  return *tls_;
}

uint16_t Simulator::port() const {
  return server_->port();
}

std::string Simulator::control_url() const {
  if (!control_server_) return {};
  return "http://127.0.0.1:" + std::to_string(control_server_->port()) + "/control";
}

void Simulator::route(std::string prefix, Route route) {
  routes_.emplace_back(std::move(prefix), std::move(route));
}

const Simulator::Route* Simulator::route_for(std::string_view path) const {
  const Route* best = nullptr;
  size_t longest = 0;
  for (const auto& [prefix, route] : routes_) {
    const bool below =
        path.rfind(prefix, 0) == 0 && (path.size() == prefix.size() || path[prefix.size()] == '/');
    if (below && (best == nullptr || prefix.size() > longest)) {
      best = &route;
      longest = prefix.size();
    }
  }
  return best;
}

}  // namespace vtpmfs::simulator
