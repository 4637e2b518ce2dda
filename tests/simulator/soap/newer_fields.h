// What a server newer than its client may put into its answers.
#pragma once

#include <string>

namespace vtpmfs::simulator {

/// Puts elements and a device type into an answer that no schema known here has: readOnly at the
/// end of each VirtualTPM, futureMemoryTier behind memoryMB, and a device of the type
/// VirtualHologram (key 77000) in front of the first device of each array. The message is one
/// without prefixes (with_default_namespace()).
[[nodiscard]] std::string with_newer_fields(std::string message);

}  // namespace vtpmfs::simulator
