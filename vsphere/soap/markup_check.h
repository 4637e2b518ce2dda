// Whether the tags of a text belong together.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vtpmfs::vsphere {

/// Elements in a message may be inside each other this deep. Real ones stay far below: devices nest
/// about 12 deep, and chains of disks end at some 260 parents.
inline constexpr size_t kMaxDepth = 400;

/// Why the markup is not that of one XML element, empty when it is. gSOAP takes any closing tag for
/// the one that it waits for, so that a damaged message could pass for one with other content.
std::string flaw_in_markup(std::string_view xml);

}  // namespace vtpmfs::vsphere
