// The file firmware: `efi` (what a virtual TPM needs) or `bios`, and a newline.
#pragma once

#include <string>
#include <string_view>

#include "vsphere/error.h"

namespace vtpmfs::cache {

std::string render_firmware(std::string_view firmware);

/// `efi` or `bios`, the two that vSphere has; white space around it is taken off. EINVAL for
/// anything else.
Result<std::string> parse_firmware(std::string_view text);

}  // namespace vtpmfs::cache
