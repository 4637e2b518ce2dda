// The ConfigSpec of a new VM, built from the allow-list and from nothing else.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vsphere/restore_target.h"

class vim25__CryptoSpec;
class vim25__OptionValue;
class vim25__VirtualMachineBootOptions;
class vim25__VirtualMachineConfigSpec;
class vim25__VirtualMachineProfileSpec;

namespace vtpmfs::vsphere {

class Arena;

/// The spec for CreateVM_Task; what it points to lives in the arena. A boot order that names a
/// network card is not in it: that is set when the card has its key (set_boot_options).
vim25__VirtualMachineConfigSpec config_spec(const NewVm& vm, Arena& arena);

/// All boot options. The boot order is by the keys that it has; where a device in it is not
/// restored (disks, floppies) there is none.
vim25__VirtualMachineBootOptions boot_options(const VmConfig& config, Arena& arena);

/// "vmx-19" for a version that is at least vmx-14, where vTPMs begin; else vmx-14. Empty where none
/// was saved: the server takes its newest.
std::optional<std::string> version_for_vtpm(const std::optional<std::string>& saved);

vim25__OptionValue extra_config_entry(const std::string& key, const std::string& value,
                                      Arena& arena);
/// Encrypt with exactly this key.
vim25__CryptoSpec* encrypt_with(const CryptoKeyId& key, Arena& arena);
vim25__VirtualMachineProfileSpec* with_policy(const std::string& policy_id, Arena& arena);

}  // namespace vtpmfs::vsphere
