// Which of the shown VMs has which key, by names that directories can carry.
#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <tuple>

#include "cache/inventory/model.h"
#include "cache/inventory/shown_name.h"
#include "cache/saved/sha256.h"

namespace vtpmfs::cache {
namespace {

/// Of a key that names no provider: the server's default one has it. No escaped name is the same.
constexpr const char* kDefaultProvider = "%default";
constexpr size_t kHashDigits = 32;

std::string escaped(std::string_view raw) {
  std::string name;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/' || c == '%' || byte < 0x20 || byte == 0x7f) {
      char text[4];
      std::snprintf(text, sizeof text, "%%%02x", static_cast<unsigned>(byte));
      name += text;
    } else {
      name += c;
    }
  }
  return name;
}

/// Like one that was shortened: it must not be mistaken for that one.
bool looks_shortened(std::string_view name) {
  if (name.size() < kHashDigits + 1 || name[name.size() - kHashDigits - 1] != '~') return false;
  return name.substr(name.size() - kHashDigits).find_first_not_of("0123456789abcdef") ==
         std::string_view::npos;
}

}  // namespace

std::string key_directory_name(const std::string& raw) {
  std::string name = escaped(raw);
  if (name.empty()) return "%";
  if (name == "." || name == "..") return with_first_escaped(name);
  if (name.size() > kLongestName || looks_shortened(name))
    return with_token(name, hex(sha256(raw)).substr(0, kHashDigits));
  return name;
}

std::vector<KeyedVm> Inventory::keyed_vms() const {
  std::vector<KeyedVm> vms;
  {
    const std::shared_lock lock(model_->mutex);
    std::map<MoRef, std::string> paths;  // of the VMs' folders
    for (const EntityEntry& entry : model_->entities) {
      const auto& [id, entity] = entry;
      if (!entity.listed || entity.kind != PlaceKind::vm || !entity.facts.key_id) continue;
      const auto [path, is_new] = paths.try_emplace(entity.facts.home());
      if (is_new) {
        const auto way = model_->way_up(entity.facts.home());
        for (auto above = way.rbegin(); above != way.rend(); ++above)
          path->second += (*above)->second.shown_name + "/";
      }
      const vsphere::CryptoKeyId& key = *entity.facts.key_id;
      vms.push_back({id, key.provider_id ? key_directory_name(*key.provider_id) : kDefaultProvider,
                     key_directory_name(key.key_id), entity.facts.raw_name,
                     path->second + entity.shown_name});
    }
  }
  const auto place = [](const KeyedVm& vm) { return std::tie(vm.provider, vm.key); };
  std::sort(vms.begin(), vms.end(), [&](const KeyedVm& a, const KeyedVm& b) {
    return std::tie(a.provider, a.key, a.vm) < std::tie(b.provider, b.key, b.vm);
  });
  for (auto from = vms.begin(); from != vms.end();) {
    const auto to =
        std::find_if(from, vms.end(), [&](const KeyedVm& vm) { return place(vm) != place(*from); });
    std::vector<NamedEntity> named;
    std::for_each(from, to, [&](const KeyedVm& vm) { named.push_back({vm.vm, vm.name}); });
    std::vector<std::string> names = names_of_siblings(named, false);
    for (size_t i = 0; i < names.size(); ++i) from[static_cast<std::ptrdiff_t>(i)].name = names[i];
    std::sort(from, to, [](const KeyedVm& a, const KeyedVm& b) { return a.name < b.name; });
    from = to;
  }
  return vms;
}

}  // namespace vtpmfs::cache
