#include "tests/simulator/world/files/datastore_path.h"

namespace vtpmfs::simulator {

bool is_plain_path(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
    if (path.empty()) return false;
  }
  return true;
}

std::optional<DatastorePath> parse_datastore_path(std::string_view text) {
  if (text.empty() || text.front() != '[') return std::nullopt;
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos || end == 1) return std::nullopt;
  std::string_view path = text.substr(end + 1);
  while (!path.empty() && path.front() == ' ') path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (!is_plain_path(path)) return std::nullopt;
  return DatastorePath{std::string(text.substr(1, end - 1)), std::string(path)};
}

}  // namespace vtpmfs::simulator
