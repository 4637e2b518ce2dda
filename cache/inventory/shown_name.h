// Names as directories can carry them. Private to cache/inventory but for shown_name(), which
// cache/inventory.h declares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/inventory.h"

namespace vtpmfs::cache {

/// NAME_MAX: the longest name of a directory entry, in bytes.
inline constexpr size_t kLongestName = 255;

/// The MoRef's value as a part of a name: without `~`, `/` and NUL, and not too long. What follows
/// the last `~` of a name with it is it.
std::string name_token(const MoRef& id);

/// `name`, cut at a character so that `~` and the token fit, and both.
std::string with_token(std::string_view name, const std::string& token);

/// Percent-escapes the first character.
std::string with_first_escaped(std::string_view name);

/// A child of a directory; what it refers to outlives the call.
struct NamedEntity {
  const MoRef& id;
  const std::string& raw_name;
};

/// The names that the children of one directory show, in their order; all different. `top_level`:
/// below the mount point, where some names are ours.
std::vector<std::string> names_of_siblings(const std::vector<NamedEntity>& siblings,
                                           bool top_level);

}  // namespace vtpmfs::cache
