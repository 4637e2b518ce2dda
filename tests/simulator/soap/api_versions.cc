#include "tests/simulator/soap/api_versions.h"

#include <algorithm>
#include <array>
#include <vector>

namespace vtpmfs::simulator {
namespace {

constexpr std::array<std::string_view, 15> kVim = {
    "9.0.0.0", "8.0.3.0", "8.0.2.0", "8.0.1.0", "8.0.0.1", "7.0.3.2", "7.0.3.1", "7.0.3.0",
    "7.0.2.0", "7.0.1.0", "7.0.0.0", "6.7.3",   "6.7.2",   "6.7.1",   "6.7"};
constexpr std::string_view kOldestServed = "6.7";

std::vector<int> numbers(std::string_view version) {
  std::vector<int> parts;
  int part = 0;
  for (const char c : version) {
    if (c == '.') {
      parts.push_back(part);
      part = 0;
    } else if (c >= '0' && c <= '9' && part < 100000) {
      part = part * 10 + (c - '0');
    } else {
      return {};
    }
  }
  parts.push_back(part);
  return parts;
}

bool is_known(std::string_view version) {
  return std::find(kVim.begin(), kVim.end(), version) != kVim.end();
}

}  // namespace

bool is_served(std::string_view soap_action, std::string_view name_space, std::string_view newest) {
  if (soap_action.size() >= 2 && soap_action.front() == '"' && soap_action.back() == '"') {
    soap_action = soap_action.substr(1, soap_action.size() - 2);
  }
  const std::string prefix = std::string(name_space) + "/";
  if (soap_action.rfind(prefix, 0) != 0) return false;
  const std::string_view version = soap_action.substr(prefix.size());
  if (numbers(version).size() < 2) return false;
  // The policy service has versions of its own and takes whatever is not newer than it is.
  if (name_space == "urn:pbm") return numbers(version) <= numbers(newest);
  if (version != newest && !is_known(version)) return false;
  return numbers(version) <= numbers(newest) && numbers(version) >= numbers(kOldestServed);
}

std::string service_versions(std::string_view name_space, std::string_view newest) {
  std::string prior;
  for (const auto version : kVim) {
    if (numbers(version) < numbers(newest) && numbers(version) >= numbers(kOldestServed)) {
      prior += "<version>" + std::string(version) + "</version>";
    }
  }
  return R"(<?xml version="1.0" encoding="UTF-8" ?>
<namespaces version="1.0">
 <namespace><name>)" +
         std::string(name_space) + "</name><version>" + std::string(newest) +
         "</version>\n  <priorVersions>" + prior +
         "</priorVersions>\n </namespace>\n</namespaces>\n";
}

}  // namespace vtpmfs::simulator
