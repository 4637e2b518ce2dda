#include "fs/tree/vm_attributes.h"

#include <cerrno>
#include <optional>
#include <string_view>

#include "cache/saved/key_id_file.h"
#include "cache/saved/sha256.h"
#include "fs/tree/inventory_tree.h"

namespace vtpmfs::fs {
namespace {

constexpr std::string_view kPrefix = "user.vtpmfs.";

Result<std::string> known(const std::optional<std::string>& value) {
  if (!value) return fail(ENODATA, "this VM has no such attribute");
  return *value;
}

/// As the set's own keyId names it, else as the feed says.
std::optional<vsphere::CryptoKeyId> key_of(const InventoryTree& tree, const vsphere::MoRef& vm,
                                           const cache::ShownSet& set) {
  if (set.key_id_file) {
    if (auto key = cache::parse_key_id(*set.key_id_file)) return *key;
  }
  const auto facts = tree.inventory().vm_facts(vm);
  return facts ? facts->key_id : std::nullopt;
}

}  // namespace

bool is_our_attribute(const std::string& name) {
  return name.starts_with(kPrefix);
}

Result<std::string> vm_attribute(const InventoryTree& tree, const vsphere::MoRef& vm,
                                 const std::string& name) {
  const std::string_view what = std::string_view(name).substr(kPrefix.size());
  if (what == "moref") return vm.value;
  const auto set = tree.sets().shown(vm);
  if (!set) return fail(set.error());
  if (what == "changeVersion") return known(set->change_version);
  if (what == "generation") return generation_of(set->listing);
  if (what == "key" || what == "provider") {
    const auto key = key_of(tree, vm, *set);
    if (!key) return fail(ENODATA, "this VM has no key");
    return what == "key" ? Result<std::string>(key->key_id) : known(key->provider_id);
  }
  return fail(ENODATA, "no such attribute");
}

Result<std::string> file_attribute(const InventoryTree& tree, const vsphere::MoRef& vm,
                                   cache::FileRole role, const std::string& name) {
  if (name != "user.vtpmfs.sha256") return fail(ENODATA, "no such attribute");
  const auto set = tree.sets().shown(vm);
  if (!set) return fail(set.error());
  const auto hash = set->hashes.find(role);
  if (hash == set->hashes.end())
    return fail(ENODATA, "the hash is not known: the file was not fetched, or cannot be");
  return cache::hex(hash->second);
}

std::string generation_of(const cache::SetListing& listing) {
  std::string text;
  for (const cache::SetFile& file : listing.files) {
    text.append(cache::file_name(file.role)).append(" ");
    text.append(std::to_string(file.size)).append(" ");
    text.append(std::to_string(file.time.time_since_epoch().count())).append("\n");
  }
  return cache::hex(cache::sha256(text)).substr(0, 16);
}

}  // namespace vtpmfs::fs
