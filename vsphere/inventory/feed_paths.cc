#include "vsphere/inventory/feed_paths.h"

#include <algorithm>
#include <array>

namespace vtpmfs::vsphere {
namespace {

using Property = EntityProperty;
using Value = FeedValue;

constexpr std::string_view kVm = "VirtualMachine";

// All from the server's cache: nothing here makes it ask a host. `summary.config.template` rather
// than `config.template`, because a locked VM has a summary but no config.
constexpr std::array kFeedPaths{
    FeedPath{"Folder", "name", Property::name, Value::text},
    FeedPath{"Folder", "parent", Property::parent, Value::reference},
    FeedPath{"Datacenter", "name", Property::name, Value::text},
    FeedPath{"Datacenter", "parent", Property::parent, Value::reference},
    FeedPath{"Datacenter", "vmFolder", Property::vm_folder, Value::reference},
    FeedPath{"VirtualApp", "name", Property::name, Value::text},
    FeedPath{"VirtualApp", "parent", Property::parent, Value::reference},
    FeedPath{"VirtualApp", "parentFolder", Property::parent_vapp, Value::reference},
    FeedPath{kVm, "name", Property::name, Value::text},
    FeedPath{kVm, "parent", Property::parent, Value::reference},
    FeedPath{kVm, "parentVApp", Property::parent_vapp, Value::reference},
    FeedPath{kVm, "summary.config.template", Property::is_template, Value::truth},
    FeedPath{kVm, "config.changeVersion", Property::change_version, Value::text},
    FeedPath{kVm, "config.keyId", Property::key_id, Value::key},
    FeedPath{kVm, "summary.config.tpmPresent", Property::tpm_present, Value::truth},
    FeedPath{kVm, "runtime.connectionState", Property::connection_state, Value::text},
    FeedPath{kVm, "runtime.cryptoState", Property::crypto_state, Value::text},
    FeedPath{kVm, "runtime.powerState", Property::power_state, Value::text},
};

/// A StoragePod is a Folder; the other types have no kinds of their own.
std::string_view declared_type(std::string_view type) {
  return type == "StoragePod" ? std::string_view("Folder") : type;
}

}  // namespace

const FeedPath* find_feed_path(std::string_view type, std::string_view path) {
  const std::string_view declared = declared_type(type);
  const auto* found = std::find_if(kFeedPaths.begin(), kFeedPaths.end(), [&](const FeedPath& feed) {
    return feed.type == declared && feed.path == path;
  });
  return found == kFeedPaths.end() ? nullptr : found;
}

std::vector<std::string> feed_types() {
  return {"Folder", "Datacenter", "VirtualApp", "VirtualMachine"};
}

std::vector<PropertyPaths> feed_properties(const std::set<std::string>& unknown_paths) {
  std::vector<PropertyPaths> properties;
  for (const FeedPath& feed : kFeedPaths) {
    if (properties.empty() || properties.back().type != feed.type) {
      properties.push_back({std::string(feed.type), {}});
    }
    std::string path(feed.path);
    if (unknown_paths.count(path) == 0) properties.back().paths.push_back(std::move(path));
  }
  return properties;
}

bool feed_needs(std::string_view path) {
  return path == "name" || path == "parent" || path == "vmFolder" ||
         std::none_of(kFeedPaths.begin(), kFeedPaths.end(),
                      [&](const FeedPath& feed) { return feed.path == path; });
}

}  // namespace vtpmfs::vsphere
