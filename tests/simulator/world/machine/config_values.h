// A machine's configuration as gSOAP values. For .cc files: it needs the generated classes.
#pragma once

#include <string>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/world/machine/virtual_machine.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

vim25__CryptoKeyId key_id_value(const KeyRef& key);
vim25__VirtualMachineFileInfo files_value(const VirtualMachine& vm);
/// The VirtualTPM with its certificates, made in `arena`; null where the machine has none.
vim25__VirtualTPM* tpm_value(const VirtualMachine& vm, vsphere::Arena& arena);
/// All devices, the virtual TPM last.
std::vector<vim25__VirtualDevice*> devices_value(const VirtualMachine& vm, vsphere::Arena& arena);
vim25__VirtualHardware hardware_value(const VirtualMachine& vm, vsphere::Arena& arena);

/// extraConfig as pairs: the machine's own entries and those that a vCenter adds by itself.
std::vector<std::pair<std::string, std::string>> extra_config(const VirtualMachine& vm);
/// Whether a key is the server's own, so that a client's value for it is ignored.
bool is_internal_extra_key(std::string_view key);
vim25__OptionValue option_value(const std::string& key, const std::string& value,
                                vsphere::Arena& arena);
std::vector<vim25__OptionValue> extra_config_value(const VirtualMachine& vm, vsphere::Arena& arena);

vim25__VirtualMachineConfigInfo config_value(const VirtualMachine& vm, vsphere::Arena& arena);

}  // namespace vtpmfs::simulator
