#include "vsphere/service_versions.h"

#include <algorithm>
#include <cerrno>
#include <optional>

namespace vtpmfs::vsphere {
namespace {

/// Takes the number at the front and the dot behind it; 0 at the end.
unsigned long take_number(std::string_view& text) {
  unsigned long number = 0;
  size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + static_cast<unsigned long>(text[at] - '0');
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return number;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// What stands between <tag> and </tag>; moves `text` behind it. The file is a flat list of
/// elements without attributes that matter here, so it is not worth an XML parser.
std::optional<std::string_view> take_element(std::string_view& text, std::string_view tag) {
  const std::string open = "<" + std::string(tag) + ">";
  const std::string close = "</" + std::string(tag) + ">";
  const auto start = text.find(open);
  if (start == std::string_view::npos) return std::nullopt;
  const auto end = text.find(close, start);
  if (end == std::string_view::npos) return std::nullopt;
  const auto content = text.substr(start + open.size(), end - start - open.size());
  text.remove_prefix(end + close.size());
  return trimmed(content);
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const auto left = take_number(a);
    const auto right = take_number(b);
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

bool is_version(std::string_view text) {
  constexpr size_t kLongest = 32;
  if (text.empty() || text.size() > kLongest) return false;
  bool digit_before = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c != '.' || !digit_before)) return false;
    digit_before = digit;
  }
  return digit_before;
}

Result<ServiceVersions> parse_service_versions(std::string_view xml, std::string_view name_space) {
  while (auto entry = take_element(xml, "namespace")) {
    if (take_element(*entry, "name") != name_space) continue;
    ServiceVersions versions;
    const auto newest = take_element(*entry, "version");
    if (!newest || !is_version(*newest)) break;
    versions.newest = std::string(*newest);
    if (auto prior = take_element(*entry, "priorVersions")) {
      while (auto version = take_element(*prior, "version")) {
        if (is_version(*version)) versions.prior.emplace_back(*version);
      }
    }
    return versions;
  }
  return fail(EIO,
              "the list of service versions has no valid entry for " + std::string(name_space));
}

std::string choose_version(std::string_view own, const ServiceVersions& server) {
  if (compare_versions(server.newest, own) <= 0) return server.newest;
  std::string_view best;
  for (const auto& version : server.prior) {
    if (compare_versions(version, own) > 0) continue;
    if (best.empty() || compare_versions(version, best) > 0) best = version;
  }
  // A server that is newer knows all older releases, also where it does not list them.
  return std::string(best.empty() ? own : best);
}

}  // namespace vtpmfs::vsphere
