// Interface. The factories of the parts that a Connection is made of. The parts use what they are
// given by reference; the Connection destroys them before it, but after the transport: their
// destructors must not call anybody.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "vsphere/inventory_source.h"
#include "vsphere/restore_target.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

class SoapCaller;
class FileService;

/// `timeout` bounds each request that a part sends on its own account (making views and filters,
/// cancelling); a caller's Call bounds the caller's.
struct PartSettings {
  ServerInfo server;
  std::chrono::milliseconds timeout{60000};
  std::vector<std::string> save_extra_config;  ///< globs
};

std::unique_ptr<InventorySource> make_inventory_source(SoapCaller& caller,
                                                       const PartSettings& settings);
std::unique_ptr<VmSource> make_vm_source(SoapCaller& caller, FileService& files,
                                         const PartSettings& settings);
std::unique_ptr<RestoreTarget> make_restore_target(SoapCaller& caller, FileService& files,
                                                   VmSource& vms, const PartSettings& settings);

}  // namespace vtpmfs::vsphere
