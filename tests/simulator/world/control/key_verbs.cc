#include <functional>

#include "tests/simulator/control/verbs.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/world/control/verb_arguments.h"
#include "tests/simulator/world/control/world_verbs.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;

void add_verb(World& world, const char* name, const char* meaning,
              std::function<Answer(World&, const json&)> work) {
  world.simulator.verbs().add(name, meaning, [&world, work = std::move(work)](const json& request) {
    const auto lock = world.inventory.write();
    return work(world, request);
  });
}

KeyRef key_in(const json& request) {
  return {request.at("provider").get<std::string>(), request.at("key").get<std::string>()};
}

Answer done(bool success, const char* otherwise) {
  if (success) return json(true);
  return sorry(otherwise);
}

void take_flags(KeyProvider& provider, const json& request) {
  provider.reachable = request.value("reachable", provider.reachable);
  provider.has_backup = request.value("has_backup", provider.has_backup);
  provider.tpm_required = request.value("tpm_required", provider.tpm_required);
}

Answer add_provider(World& world, const json& request) {
  KeyProvider provider;
  const auto kind = request.value("kind", std::string("standard"));
  if (kind == "native") {
    provider.kind = ProviderKind::native;
  } else if (kind == "trusted") {
    provider.kind = ProviderKind::trusted;
  } else if (kind != "standard") {
    return sorry("kind is standard, native or trusted");
  }
  const auto name = request.at("name").get<std::string>();
  provider.kms = request.value("kms", name);
  provider.own_key = request.value("own_key", world.fresh_uuid());
  take_flags(provider, request);
  world.keys.add_provider(name, std::move(provider));
  return json(true);
}

Answer set_provider(World& world, const json& request) {
  KeyProvider* provider = world.keys.provider(request.at("name").get<std::string>());
  if (provider == nullptr) return sorry("no such provider");
  take_flags(*provider, request);
  return json(true);
}

Answer list_keys(World& world, const json&) {
  json list = json::object();
  for (const auto& [name, provider] : world.keys.providers()) {
    json keys = json::object();
    for (const auto& [id, key] : provider.keys) keys[id] = key.active ? "active" : "not active";
    list[name] = std::move(keys);
  }
  return list;
}

}  // namespace

void register_key_verbs(World& world) {
  add_verb(world, "list-keys", "{}: keys by provider", list_keys);
  add_verb(world, "import-key", "{provider, key}: the KMS has it from now on",
           [](World& w, const json& request) {
             return done(w.keys.import(key_in(request)), "no such provider, or known already");
           });
  add_verb(world, "remove-key", "{provider, key}", [](World& w, const json& request) {
    return done(w.keys.remove(key_in(request)), "no such key");
  });
  add_verb(world, "set-key-active", "{provider, key, active}", [](World& w, const json& request) {
    return done(w.keys.set_active(key_in(request), request.at("active").get<bool>()),
                "no such key");
  });
  add_verb(world, "add-provider",
           "{name, kind?: standard|native|trusted, kms?, reachable?, has_backup?, tpm_required?}",
           add_provider);
  add_verb(world, "set-provider", "{name, reachable?, has_backup?, tpm_required?}", set_provider);
  add_verb(world, "rename-provider", "{name, to}", [](World& w, const json& request) {
    return done(w.keys.rename_provider(request.at("name").get<std::string>(),
                                       request.at("to").get<std::string>()),
                "no such provider, or the name is taken");
  });
  add_verb(world, "remove-provider", "{name}", [](World& w, const json& request) {
    return done(w.keys.remove_provider(request.at("name").get<std::string>()), "no such provider");
  });
  add_verb(world, "default-provider", "{name}: empty for none",
           [](World& w, const json& request) -> Answer {
             w.keys.set_default_provider(request.at("name").get<std::string>());
             return json(true);
           });
}

}  // namespace vtpmfs::simulator
