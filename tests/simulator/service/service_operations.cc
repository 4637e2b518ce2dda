// ServiceInstance: what a client asks first.
#include <map>
#include <optional>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/service/service_operations.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/session/session_operations.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {
namespace {

vim25__AboutInfo about(Simulator& simulator) {
  vim25__AboutInfo info;
  const std::string& api = simulator.options().api_version;
  const std::string release = api.substr(0, api.rfind('.'));
  info.name = "VMware vCenter Server";
  info.fullName = "VMware vCenter Server " + release + " build-24022515";
  info.vendor = "VMware, Inc.";
  info.version = release;
  info.patchLevel = "00000";
  info.build = "24022515";
  info.localeVersion = "INTL";
  info.localeBuild = "000";
  info.osType = "linux-x64";
  info.productLineId = "vpx";
  info.apiType = simulator.switches().get("api-type");
  info.apiVersion = api;
  info.instanceUuid = simulator.instance_uuid();
  info.licenseProductName = "VMware VirtualCenter Server";
  info.licenseProductVersion = "8.0";
  return info;
}

vim25__ServiceContent service_content(Simulator& simulator) {
  const auto& refs = simulator.service_content();
  const auto optional = [&](const char* field) -> std::optional<vim25__ManagedObjectReference> {
    const auto found = refs.find(field);
    if (found == refs.end()) return std::nullopt;
    return wire(found->second);
  };
  vim25__ServiceContent content;
  content.rootFolder = wire(refs.at("rootFolder"));
  content.propertyCollector = wire(refs.at("propertyCollector"));
  content.viewManager = optional("viewManager");
  content.about = about(simulator);
  content.setting = optional("setting");
  content.sessionManager = optional("sessionManager");
  content.authorizationManager = optional("authorizationManager");
  content.taskManager = optional("taskManager");
  content.searchIndex = optional("searchIndex");
  content.fileManager = optional("fileManager");
  content.datastoreNamespaceManager = optional("datastoreNamespaceManager");
  content.cryptoManager = optional("cryptoManager");
  return content;
}

}  // namespace

void add_service(Simulator& simulator) {
  auto table = Declare<Singleton>()
                   .property(
                       "content",
                       [&simulator](const Singleton&, const Reading& reading) {
                         return data_value(reading, service_content(simulator));
                       },
                       "System.Anonymous")
                   .property("serverClock",
                             [](const Singleton&, const Reading& reading) {
                               return time_value(reading, wire_time_now());
                             })
                   .table();
  simulator.inventory().add(
      std::make_shared<Singleton>(Ref{"ServiceInstance", "ServiceInstance"}, std::move(table)));

  Operations& operations = simulator.operations();
  operations.on<_vim25__RetrieveServiceContent, _vim25__RetrieveServiceContentResponse>(
      {"ServiceInstance", "System.Anonymous", Lock::shared},
      [](Call& call, const _vim25__RetrieveServiceContent&,
         _vim25__RetrieveServiceContentResponse& response) -> Outcome<void> {
        response.returnval = call.arena().keep(service_content(call.simulator()));
        return {};
      });
  operations.on<_vim25__CurrentTime, _vim25__CurrentTimeResponse>(
      {"ServiceInstance", "System.View", Lock::shared},
      [](Call& call, const _vim25__CurrentTime&,
         _vim25__CurrentTimeResponse& response) -> Outcome<void> {
        response.returnval = call.arena().keep(wire_time_now());
        return {};
      });
  add_session_operations(simulator);
}

}  // namespace vtpmfs::simulator
