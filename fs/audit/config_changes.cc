#include "fs/audit/config_changes.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cache/saved/file_names.h"
#include "cache/saved/vi_json.h"

namespace vtpmfs::fs {
namespace {

using Json = nlohmann::ordered_json;
/// The text of each scalar by its path.
using Scalars = std::map<std::string, std::string>;

constexpr size_t kShortBytes = 80;

/// What stands for an element of an array: its key, else its place.
std::string element_name(const Json& element, size_t index) {
  if (element.is_object())
    if (const auto key = element.find("key"); key != element.end() && !key->is_structured())
      return key->is_string() ? key->get<std::string>() : key->dump();
  return std::to_string(index);
}

/// Depth is bounded by parse_json().
void flatten(const std::string& path, const Json& value, Scalars& scalars) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items())
      flatten(path.empty() ? name : path + '.' + name, member, scalars);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      flatten(fmt::format("{}[{}]", path, element_name(value[i], i)), value[i], scalars);
  } else {
    scalars[path] = value.is_string() ? value.get<std::string>() : cache::json_line(value);
  }
}

std::optional<Scalars> scalars_of(const std::string& text) {
  const auto json = cache::parse_json(cache::kConfigFile, text, cache::kConfigMaxBytes);
  if (!json) return std::nullopt;
  Scalars scalars;
  flatten("", *json, scalars);
  return scalars;
}

bool may_be_told(const std::string& path, const std::string* value) {
  return path.rfind("extraConfig", 0) != 0 && path != "annotation" &&
         (value == nullptr || value->size() <= kShortBytes);
}

std::string words_of(const std::string& path, const std::string* before, const std::string* after) {
  if (!may_be_told(path, before) || !may_be_told(path, after))
    return before == nullptr ? "new" : after == nullptr ? "gone" : "changed";
  if (before == nullptr) return fmt::format("{}, new", *after);
  if (after == nullptr) return fmt::format("gone, was {}", *before);
  return fmt::format("{}, was {}", *after, *before);
}

const std::string* find(const Scalars& scalars, const std::string& path) {
  const auto found = scalars.find(path);
  return found == scalars.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<Change> config_changes(const std::string& before, const std::string& after,
                                   size_t most) {
  const std::string file(cache::kConfigFile);
  const auto old_scalars = scalars_of(before);
  const auto new_scalars = scalars_of(after);
  if (!old_scalars || !new_scalars) return {{file, "", "one of the two is no JSON"}};
  Scalars paths = *old_scalars;
  paths.insert(new_scalars->begin(), new_scalars->end());
  std::vector<Change> changes;
  size_t more = 0;
  for (const auto& [path, either] : paths) {
    const std::string* old_value = find(*old_scalars, path);
    const std::string* new_value = find(*new_scalars, path);
    if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) continue;
    if (changes.size() < most)
      changes.push_back({file, path, words_of(path, old_value, new_value)});
    else
      ++more;
  }
  if (more > 0) changes.push_back({file, "", fmt::format("and {} more properties", more)});
  return changes;
}

}  // namespace vtpmfs::fs
