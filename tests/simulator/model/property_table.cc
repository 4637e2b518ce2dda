#include "tests/simulator/model/property_table.h"

#include <algorithm>
#include <cctype>

namespace vtpmfs::simulator {
namespace {

/// `"encryption.bundle"` or `11000`; nothing where it is neither.
std::optional<std::string> unquoted(std::string_view key) {
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') {
    return std::string(key.substr(1, key.size() - 2));
  }
  const std::string_view digits = key.substr(!key.empty() && key.front() == '-' ? 1 : 0);
  const bool number = !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  return number ? std::optional(std::string(key)) : std::nullopt;
}

/// Where the key that begins at `from` ends: at the bracket that closes it. A quoted key may hold
/// brackets and dots itself.
size_t end_of_key(std::string_view path, size_t from) {
  if (from < path.size() && path[from] == '"') {
    const size_t quote = path.find('"', from + 1);
    return quote == std::string_view::npos || quote + 1 >= path.size() || path[quote + 1] != ']'
               ? std::string_view::npos
               : quote + 1;
  }
  return path.find(']', from);
}

}  // namespace

void PropertyTable::add(std::string path, Getter get, std::string privilege) {
  properties_.insert_or_assign(std::move(path), Property{std::move(get), std::move(privilege)});
}

std::optional<PropertyTable::Match> PropertyTable::find(std::string_view path) const {
  const size_t open = path.find('[');
  if (open == std::string_view::npos) {
    const auto found = properties_.find(path);
    if (found == properties_.end()) return std::nullopt;
    return Match{&found->second, {}};
  }
  const size_t close = end_of_key(path, open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view written = path.substr(open + 1, close - open - 1);
  auto key = unquoted(written);
  if (!key) return std::nullopt;
  // A string key wants its quotes, a number has none.
  const char* form = written.front() == '"' ? "" : "#";
  const auto found = properties_.find(std::string(path.substr(0, open + 1)) + form +
                                      std::string(path.substr(close)));
  if (found == properties_.end()) return std::nullopt;
  return Match{&found->second, std::move(*key)};
}

}  // namespace vtpmfs::simulator
