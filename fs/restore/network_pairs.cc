#include "fs/restore/network_pairs.h"

#include <cerrno>
#include <sstream>

namespace vtpmfs::fs {

Result<std::pair<std::string, std::string>> network_pair(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
    return fail(EINVAL, "'" + text + "' is not SAVED=HERE");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::map<std::string, std::string>> network_pairs(const std::string& lines) {
  std::map<std::string, std::string> pairs;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) {
    if (line.empty()) continue;
    auto pair = network_pair(line);
    if (!pair) return fail(pair.error());
    pairs.insert(std::move(*pair));
  }
  return pairs;
}

}  // namespace vtpmfs::fs
