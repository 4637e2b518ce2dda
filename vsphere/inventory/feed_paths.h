// Which properties the inventory's feed carries, by type.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vsphere/inventory_source.h"
#include "vsphere/property/property_query.h"

namespace vtpmfs::vsphere {

enum class FeedValue { text, truth, reference, key };

struct FeedPath {
  std::string_view type;
  std::string_view path;
  EntityProperty property;
  FeedValue value;
};

/// The path of an object of this type; null for one that was not asked for.
const FeedPath* find_feed_path(std::string_view type, std::string_view path);

/// The types that the feed's view holds.
std::vector<std::string> feed_types();

/// The paths to ask for, without those that the server turned out not to know.
std::vector<PropertyPaths> feed_properties(const std::set<std::string>& unknown_paths);

/// True for a path without which there is no tree.
bool feed_needs(std::string_view path);

}  // namespace vtpmfs::vsphere
