#include "tests/simulator/world/keys/key_vault.h"

#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {

void KeyVault::add_provider(const std::string& name, KeyProvider provider) {
  if (provider.kms.empty()) provider.kms = name;
  providers_.insert_or_assign(name, std::move(provider));
}

bool KeyVault::remove_provider(const std::string& name) {
  if (default_ == name) default_.clear();
  return providers_.erase(name) == 1;
}

bool KeyVault::rename_provider(const std::string& name, const std::string& new_name) {
  if (providers_.count(new_name) != 0) return false;
  auto node = providers_.extract(name);
  if (node.empty()) return false;
  node.key() = new_name;
  providers_.insert(std::move(node));
  if (default_ == name) default_ = new_name;
  return true;
}

const KeyProvider* KeyVault::provider(std::string_view name) const {
  const auto found = providers_.find(name);
  return found == providers_.end() ? nullptr : &found->second;
}

KeyProvider* KeyVault::provider(std::string_view name) {
  const auto found = providers_.find(name);
  return found == providers_.end() ? nullptr : &found->second;
}

std::optional<KeyRef> KeyVault::generate(const std::string& provider_name) {
  KeyProvider* maker = provider(provider_name);
  if (maker == nullptr || !maker->reachable) return std::nullopt;
  if (maker->kind == ProviderKind::native && !maker->has_backup) return std::nullopt;
  KeyRef key{provider_name, derive_uuid(seed_, "key" + std::to_string(++made_))};
  if (maker->kind == ProviderKind::native) {
    // The ids of a native provider's keys are long base64 texts.
    key.id = base64(derive_bytes(seed_, "native-key" + std::to_string(made_), 96));
  }
  maker->keys.emplace(key.id, Key{});
  return key;
}

bool KeyVault::import(const KeyRef& key) {
  KeyProvider* holder = provider(key.provider);
  return holder != nullptr && holder->keys.emplace(key.id, Key{}).second;
}

bool KeyVault::remove(const KeyRef& key) {
  KeyProvider* holder = provider(key.provider);
  return holder != nullptr && holder->keys.erase(key.id) == 1;
}

bool KeyVault::set_active(const KeyRef& key, bool active) {
  KeyProvider* holder = provider(key.provider);
  if (holder == nullptr) return false;
  const auto found = holder->keys.find(key.id);
  if (found == holder->keys.end()) return false;
  found->second.active = active;
  return true;
}

const Key* KeyVault::find(const KeyRef& key) const {
  const KeyProvider* holder = provider(key.provider);
  if (holder == nullptr) return nullptr;
  const auto found = holder->keys.find(key.id);
  return found == holder->keys.end() ? nullptr : &found->second;
}

std::optional<std::string> KeyVault::secret(const KeyRef& key) const {
  const Key* known = find(key);
  const KeyProvider* holder = provider(key.provider);
  if (known == nullptr || !known->active || !holder->reachable) return std::nullopt;
  return secret_in(holder->kms, key.id);
}

std::string KeyVault::secret_in(std::string_view kms, std::string_view id) const {
  // Not of the seed: a key is the same key wherever its KMS serves it.
  return derive_bytes("kms " + std::string(kms), "secret of " + std::string(id), 32);
}

}  // namespace vtpmfs::simulator
