#include "tests/simulator/world/rules/names.h"

#include <algorithm>
#include <string>

#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::ptrdiff_t longest = 80;

/// Characters, not bytes, of UTF-8.
std::ptrdiff_t length_of(std::string_view name) {
  return std::count_if(name.begin(), name.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

bool is_escaped(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '/' || name[i] == '\\') return false;
    if (name[i] != '%') continue;
    const std::string code = folded(name.substr(i + 1, 2));
    if (code != "2f" && code != "5c" && code != "25") return false;
  }
  return true;
}

}  // namespace

Outcome<void> check_name_form(std::string_view name, const Ref& entity) {
  if (name.empty() || length_of(name) > longest || !is_escaped(name)) {
    return refuse(invalid_name(std::string(name), entity));
  }
  return {};
}

Outcome<void> check_name_free(const World& world, const Folder& folder, std::string_view name,
                              const Ref& self) {
  if (auto form = check_name_form(name, folder.ref()); !form) return form;
  const Ref taken = world.child_named(folder, name);
  if (!taken.empty() && taken != self) return refuse(duplicate_name(std::string(name), taken));
  return {};
}

}  // namespace vtpmfs::simulator
