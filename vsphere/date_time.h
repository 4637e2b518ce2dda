// xsd:dateTime as vCenter writes it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace vtpmfs::vsphere {

/// "2024-06-25T10:11:12.345678Z", with or without a fraction, with `Z`, an offset, or none (then
/// UTC). Empty for anything else, and for years that a file's time cannot have.
std::optional<std::chrono::system_clock::time_point> parse_date_time(std::string_view text);

}  // namespace vtpmfs::vsphere
