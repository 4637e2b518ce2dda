// EnvironmentBrowser: what hardware the hosts of a compute resource can give to machines.
#include <algorithm>

#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"
#include "tests/simulator/world/environment/config_option.h"
#include "tests/simulator/world/environment/host_support.h"
#include "tests/simulator/world/machine/machine_config.h"
#include "tests/simulator/world/operations/world_operations.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

using Hosts = std::vector<const HostSystem*>;

Hosts hosts_behind(const World& world, const vim25__ManagedObjectReference& browser) {
  const auto* environment = world.inventory.get<EnvironmentBrowser>(ref_of(browser));
  return hosts_of(world, *world.inventory.get<ComputeResource>(environment->compute()));
}

int newest_of(const Hosts& hosts) {
  int newest = 0;
  for (const HostSystem* host : hosts) newest = std::max(newest, host->newest_hardware);
  return newest;
}

/// Those of the hosts that the question is about.
Outcome<Hosts> asked_about(const World& world, const _vim25__QueryConfigOptionEx& request) {
  Hosts hosts = hosts_behind(world, request._USCOREthis);
  if (!request.spec || !request.spec->host) return hosts;
  const Ref wanted = ref_of(*request.spec->host);
  std::erase_if(hosts, [&](const HostSystem* host) { return host->ref() != wanted; });
  if (hosts.empty()) return refuse(invalid_argument("spec.host"));
  return hosts;
}

Outcome<void> describe(const World& world, const _vim25__QueryConfigOptionEx& request,
                       std::string& answer) {
  auto hosts = asked_about(world, request);
  if (!hosts) return refuse(hosts.error());
  int version = newest_of(*hosts);
  if (request.spec && request.spec->key) version = hardware_version_of(*request.spec->key);
  std::erase_if(*hosts, [&](const HostSystem* host) { return !has_version(*host, version); });
  // The schema lets the answer be empty for what no host runs.
  if (hosts->empty()) return {};
  const std::vector<std::string> all;
  answer = "<vim25:returnval>" +
           config_option_text(*hosts, version, request.spec ? request.spec->guestId : all) +
           "</vim25:returnval>";
  return {};
}

}  // namespace

void register_environment_operations(World& world) {
  Operations& operations = world.simulator.operations();
  operations.on<_vim25__QueryConfigOptionDescriptor, _vim25__QueryConfigOptionDescriptorResponse>(
      {.receiver = "EnvironmentBrowser", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call&, const _vim25__QueryConfigOptionDescriptor& request,
               _vim25__QueryConfigOptionDescriptorResponse& response) -> Outcome<void> {
        const Hosts hosts = hosts_behind(world, request._USCOREthis);
        const int newest = newest_of(hosts);
        for (int version = oldest_hardware; version <= newest; ++version) {
          auto& told = response.returnval.emplace_back();
          told.key = "vmx-" + std::to_string(version);
          told.description = told.key;
          for (const HostSystem* host : hosts)
            if (has_version(*host, version)) told.host.push_back(wire(host->ref()));
          told.createSupported = true;
          told.defaultConfigOption = version == newest;
          told.runSupported = true;
          told.upgradeSupported = true;
        }
        return {};
      });
  operations.on_written<_vim25__QueryConfigOptionEx, _vim25__QueryConfigOptionExResponse>(
      {.receiver = "EnvironmentBrowser", .privilege = "System.View", .lock = Lock::shared},
      [&world](Call&, const _vim25__QueryConfigOptionEx& request, std::string& answer) {
        return describe(world, request, answer);
      });
}

}  // namespace vtpmfs::simulator
