// The file config.json: what is needed to make the same machine, and where it came from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/saved/saved_origin.h"
#include "vsphere/error.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::cache {

/// VI JSON of a VirtualMachineConfigInfo that holds the allow-list only, indented by two spaces,
/// with the origin under `vtpmfs` (the key, the template flag and vmPathName stand where
/// ConfigInfo has them). The same configuration gives the same bytes: devices are sorted by key,
/// extraConfig by name, for a server may give them in another order after a move. Devices that are
/// not in the allow-list and extraConfig keys of the deny-list are left out, wherever they came
/// from.
std::string render_config(const vsphere::VmConfig& config, const SavedOrigin& origin);

struct SavedConfig {
  vsphere::VmConfig config;
  std::optional<SavedOrigin> origin;  ///< unset where there is no `vtpmfs`
  /// What was left out: devices, boot devices and extraConfig keys that are not restored.
  std::vector<std::string> warnings;
};

/// Reads what render_config() writes. Unknown members are ignored, known ones must have their type
/// and a sane range: EINVAL names the member. EFBIG for a huge file. Only what the allow-list has
/// comes out, for somebody else may have written the file.
Result<SavedConfig> parse_config(std::string_view text);

}  // namespace vtpmfs::cache
