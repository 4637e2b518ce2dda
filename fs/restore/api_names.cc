#include "fs/restore/api_names.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "cache/inventory.h"

namespace vtpmfs::fs {
namespace {

constexpr size_t kMostCharacters = 80;

/// Length of the escape that begins at `at`, 0 where there is none.
size_t escape_at(std::string_view text, size_t at) {
  if (text.size() - at < 3 || text[at] != '%') return 0;
  std::string code(text.substr(at + 1, 2));
  std::transform(code.begin(), code.end(), code.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return code == "25" || code == "2f" || code == "5c" ? 3 : 0;
}

bool is_api_form(std::string_view name) {
  if (name.find('\\') != std::string_view::npos) return false;
  for (size_t at = name.find('%'); at != std::string_view::npos; at = name.find('%', at + 1))
    if (escape_at(name, at) == 0) return false;
  return true;
}

/// Whether a staged name means this saved one: typed plainly, or as the mount showed it.
bool same_name(const std::string& staged, const std::string& saved) {
  return staged == saved || api_name(staged) == saved;
}

/// Whether this is how the mount showed the saved VM, with its MoRef where siblings had its name.
bool is_shown_form(const std::string& staged, const cache::SavedOrigin& origin) {
  if (!origin.vm || !origin.raw_name) return false;
  const std::string shown = cache::shown_name(*origin.raw_name, *origin.vm);
  if (staged == shown) return true;
  // The name before the mark may have been cut to make room for it.
  constexpr size_t kLongestName = 255;
  constexpr size_t kLongestCharacter = 4;
  const std::string mark = "~" + origin.vm->value;
  if (staged.size() <= mark.size() ||
      staged.compare(staged.size() - mark.size(), mark.size(), mark) != 0)
    return false;
  const std::string name = staged.substr(0, staged.size() - mark.size());
  return name == shown ||
         (staged.size() + kLongestCharacter > kLongestName && shown.rfind(name, 0) == 0);
}

/// The VM's directory: as the mount showed it, which may carry its MoRef, or plainly.
bool same_vm_name(const std::string& staged, const std::string& saved,
                  const cache::SavedOrigin& origin) {
  return same_name(staged, saved) || is_shown_form(staged, origin);
}

/// The saved components after the datacenter's "vm": folders, then the VM. Empty where the path has
/// no such part. The first one cannot be it: a datacenter, whatever it is called, comes before.
std::vector<std::string> below_vm(const std::vector<std::string>& saved) {
  if (saved.empty()) return {};
  const auto vm = std::find(saved.begin() + 1, saved.end(), "vm");
  if (vm == saved.end()) return {};
  return {vm + 1, saved.end()};
}

bool ends_with_saved_path(const std::vector<std::string>& staged,
                          const std::vector<std::string>& saved, const cache::SavedOrigin& origin) {
  if (saved.empty() || staged.size() < saved.size()) return false;
  const size_t start = staged.size() - saved.size();
  for (size_t i = 0; i + 1 < saved.size(); ++i)
    if (!same_name(staged[start + i], saved[i])) return false;
  return same_vm_name(staged.back(), saved.back(), origin);
}

}  // namespace

std::string api_name(std::string_view directory_name) {
  std::string out;
  if (is_api_form(directory_name)) {
    // The vCenter writes its escapes in lower case; the name has to read back as it was sent.
    out = directory_name;
    for (size_t at = out.find('%'); at != std::string::npos; at = out.find('%', at + 1))
      for (size_t i = at + 1; i < at + 3; ++i)
        out[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[i])));
    return out;
  }
  for (const char c : directory_name) {
    if (c == '%')
      out += "%25";
    else if (c == '\\')
      out += "%5c";
    else
      out += c;
  }
  return out;
}

bool fits_vsphere(std::string_view name) {
  size_t characters = 0;
  for (size_t at = 0; at < name.size(); ++characters) {
    const size_t escape = escape_at(name, at);
    at += escape == 0 ? 1 : escape;
    while (at < name.size() && (static_cast<unsigned char>(name[at]) & 0xC0U) == 0x80U) ++at;
  }
  return characters <= kMostCharacters;
}

std::vector<std::string> path_components(std::string_view inventory_path) {
  std::vector<std::string> components;
  while (!inventory_path.empty()) {
    const size_t slash = inventory_path.find('/');
    if (slash != 0) components.emplace_back(inventory_path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    inventory_path.remove_prefix(slash + 1);
  }
  return components;
}

SetPlace place_of_set(const std::vector<std::string>& staged_path, const cache::SavedOrigin* origin,
                      size_t existing_folders) {
  SetPlace place;
  std::vector<std::string> path = staged_path;
  std::vector<std::string> saved;
  if (origin != nullptr && origin->inventory_path) saved = path_components(*origin->inventory_path);
  if (origin != nullptr && ends_with_saved_path(staged_path, saved, *origin)) {
    const auto below = below_vm(saved);
    if (!below.empty())
      path.erase(path.begin(), path.end() - static_cast<std::ptrdiff_t>(below.size()));
  }
  for (size_t i = 0; i + 1 < path.size(); ++i) place.folders.push_back(api_name(path[i]));
  place.vm_name = path.empty() ? std::string() : api_name(path.back());
  if (origin == nullptr || !origin->raw_name || path.empty()) return place;
  // config.json's raw name where the directory's name is exactly how vtpmfs shows that: cut or
  // marked names come back whole.
  if (is_shown_form(path.back(), *origin)) place.vm_name = *origin->raw_name;
  const bool new_directory = existing_folders < staged_path.size();
  if (new_directory && place.vm_name != *origin->raw_name && saved.size() >= 2 &&
      saved[saved.size() - 2] != "vm" && same_name(path.back(), saved[saved.size() - 2]))
    place.slip_of = saved[saved.size() - 2];
  return place;
}

}  // namespace vtpmfs::fs
