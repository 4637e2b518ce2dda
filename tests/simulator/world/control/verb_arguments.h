// Finding what a control verb is about. For the verbs' own .cc files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "tests/simulator/soap/fault.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {

using Answer = tl::expected<nlohmann::json, std::string>;

[[nodiscard]] inline tl::unexpected<std::string> sorry(std::string words) {
  return tl::unexpected<std::string>(std::move(words));
}

/// A fault as a sentence.
[[nodiscard]] inline Answer answer_of(const Outcome<void>& outcome) {
  if (outcome) return nlohmann::json(true);
  return sorry(outcome.error().type + ": " + outcome.error().text);
}

/// The machine that `name` means: id, path or unique name. Wants the inventory's lock.
tl::expected<VirtualMachine*, std::string> machine_of(const World& world, const std::string& name);

/// The entity at a path such as DC1/vm/Finance; null without one.
Entity* entity_at(const World& world, const std::string& path);

/// A datastore by {"datacenter": "DC1", "datastore": "datastore1"}; the first datacenter by
/// default.
tl::expected<Datastore*, std::string> datastore_in(const World& world,
                                                   const nlohmann::json& request);

}  // namespace vtpmfs::simulator
