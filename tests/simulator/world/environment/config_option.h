// VirtualMachineConfigOption as a vCenter writes it: the client's schema has only parts of it.
#pragma once

#include <string>
#include <vector>

namespace vtpmfs::simulator {

class HostSystem;

/// The content of a VirtualMachineConfigOption for machines of this hardware version on any of the
/// hosts; with the prefixes that write_message() declares. Guests are filtered by those that are
/// named; where none of them is known, all are told, as a vCenter does.
std::string config_option_text(const std::vector<const HostSystem*>& hosts, int version,
                               const std::vector<std::string>& guests);

}  // namespace vtpmfs::simulator
