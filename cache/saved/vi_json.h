// VI JSON, VMware's JSON form of the vim25 types, as text: read within limits, written always the
// same. What the members mean is for the readers of the single files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "vsphere/error.h"

namespace vtpmfs::cache {

/// Limits of what parse_json() takes, besides the bytes: a saved directory may have been made by
/// somebody who wants to stop us.
inline constexpr size_t kJsonMaxDepth = 32;
inline constexpr size_t kJsonMaxMembers = 256;  ///< of one object; vim25's largest has about 90
inline constexpr size_t kJsonMaxValues = 200'000;

/// Parses one JSON document of UTF-8. EFBIG over `max_bytes`, EINVAL for anything that is not JSON,
/// for a member that is there twice (readers differ in which one they take) and for what is over
/// the limits above. `file` names the file in the error's words.
Result<nlohmann::ordered_json> parse_json(std::string_view file, std::string_view text,
                                          size_t max_bytes);

/// Puts a member in where there is a value. (A template, so that users of this header need not
/// include the whole JSON library.)
template <class Json, class T>
void put(Json& object, const char* member, const std::optional<T>& value) {
  if (value) object[member] = *value;
}

/// On one line, without a newline at the end. Members in the order in which they were put in;
/// broken UTF-8 becomes U+FFFD, never an exception.
std::string json_line(const nlohmann::ordered_json& value);

/// Indented by two spaces, with a newline at the end.
std::string json_document(const nlohmann::ordered_json& value);

}  // namespace vtpmfs::cache
