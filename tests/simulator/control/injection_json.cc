#include "tests/simulator/control/injection_json.h"

#include <map>
#include <nlohmann/json.hpp>

#include "tests/simulator/soap/fault_message.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;
using Kind = Injection::Kind;

const std::map<std::string, Kind, std::less<>> kKinds = {
    {"fault", Kind::fault},
    {"status", Kind::status},
    {"reset-before", Kind::reset_before},
    {"reset-after", Kind::reset_after},
    {"truncate", Kind::truncate},
    {"stall", Kind::stall},
    {"silence", Kind::silence},
    {"hold", Kind::hold},
    {"delay", Kind::delay},
};

Fault fault_from(const json& request) {
  Fault fault = fault_of(request.at("type").get<std::string>(),
                         request.value("text", std::string("ordered by a test")));
  if (request.contains("key")) fault.because(request["key"].get<std::string>(), fault.text);
  if (request.contains("fields")) {
    for (const auto& [name, value] : request["fields"].items()) {
      if (value.is_object()) {
        fault.with(name,
                   Ref{value.at("type").get<std::string>(), value.at("id").get<std::string>()});
      } else {
        fault.with(name, value.get<std::string>());
      }
    }
  }
  return fault;
}

}  // namespace

tl::expected<Injection, std::string> injection_from(const json& request) {
  const auto kind = kKinds.find(request.at("kind").get<std::string>());
  if (kind == kKinds.end()) {
    std::string words = "no such kind of injection; there are:";
    for (const auto& known : kKinds) words += " " + known.first;
    return tl::unexpected(words);
  }
  Injection injection;
  injection.kind = kind->second;
  injection.match = request.value("match", std::string());
  injection.first = request.value("first", 1);
  injection.count = request.value("count", 1);
  injection.status = request.value("status", 503);
  injection.body = request.value("body", std::string("trouble\n"));
  injection.time = std::chrono::milliseconds(request.value("ms", 0));
  if (injection.kind == Kind::fault) {
    injection.fault = fault_from(request.at("fault"));
    if (auto flaw = flaw_of(injection.fault)) return tl::unexpected(*flaw);
  }
  return injection;
}

}  // namespace vtpmfs::simulator
