// Which extraConfig keys may leave a VM, or enter one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::vsphere {

/// False for keys that hold secrets, change all day or do harm in another VM (guestinfo.*,
/// machine.id, RemoteDisplay.vnc.*, vtpm.*, encryption.*, ...), whatever --save-extra-config says.
/// Case does not matter, as it does not to the VMX process.
bool may_keep_extra_config(std::string_view key);

/// True where one of the shell globs of --save-extra-config names the key and it may be kept.
bool keeps_extra_config(const std::vector<std::string>& globs, const std::string& key);

}  // namespace vtpmfs::vsphere
