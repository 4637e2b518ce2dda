// The paths that vtpmfs asks for: a vCenter knows them all, so must the simulator.
#include <map>

#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

using PathsTest = MachineTest;

/// What the client reads, and the whole values that a vCenter has at the same places.
const std::vector<std::string>& machine_paths() {
  static const std::vector<std::string> paths = {
      "name",
      "parent",
      "parentVApp",
      "datastore",
      "effectiveRole",
      "rootSnapshot",
      "runtime.powerState",
      "runtime.connectionState",
      "runtime.cryptoState",
      "layoutEx.file",
      "config",
      "config.changeVersion",
      "config.createDate",
      "config.modified",
      "config.keyId",
      "config.firmware",
      "config.files.vmPathName",
      "config.uuid",
      "config.instanceUuid",
      "config.version",
      "config.template",
      "config.guestId",
      "config.alternateGuestName",
      "config.annotation",
      "config.managedBy",
      "config.managedBy.extensionKey",
      "config.managedBy.type",
      "config.hardware.device",
      "config.hardware.device[11000]",
      "config.hardware.numCPU",
      "config.hardware.numCoresPerSocket",
      "config.hardware.memoryMB",
      "config.bootOptions",
      "config.flags",
      "config.extraConfig",
      "config.extraConfig[\"encryption.bundle\"]",
      "config.extraConfig[\"nvram\"]",
      "summary",
      "summary.config.template",
      "summary.config.tpmPresent",
  };
  return paths;
}

TEST_F(PathsTest, NoPathThatTheClientAsksForIsInvalid) {
  const Ref machine = vm_ref("win00001");
  for (const std::string& path : machine_paths()) {
    EXPECT_EQ(fault_type(read(machine, path)), "") << path;
  }
  const std::map<std::string, std::vector<std::string>> others = {
      {"DC1", {"name", "parent", "vmFolder", "hostFolder", "datastore", "network"}},
      {"DC1/vm", {"name", "parent", "childEntity", "effectiveRole"}},
      {"DC1/host/Cluster1", {"host", "datastore", "network", "resourcePool"}},
      {"DC1/vm/web-app", {"name", "parent", "parentFolder"}},
  };
  for (const auto& [place, paths] : others) {
    for (const auto& path : paths) EXPECT_EQ(fault_type(read(at(place), path)), "") << path;
  }
  EXPECT_EQ(fault_type(read(machine, "config.managedBy.nonsense")), "InvalidProperty");
}

TEST_F(PathsTest, AMachineCanBelongToASolution) {
  EXPECT_EQ(text(vm_ref("app-db"), "config.managedBy.extensionKey"), "com.example.database");
  EXPECT_EQ(text(vm_ref("app-db"), "config.managedBy.type"), "appliance");
  EXPECT_FALSE(text(vm_ref("win00001"), "config.managedBy.extensionKey"));
}

}  // namespace
}  // namespace vtpmfs::simulator
