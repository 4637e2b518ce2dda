// The key management servers behind the simulated vCenter, and its key providers.
//
// A key's secret follows from the KMS and the key's id, so two simulators with one KMS name share
// keys once both know their ids, as two sites with a replicated KMS do. The secret never leaves
// this class but to seal and to open bundles. No lock of its own: read and changed under the
// inventory's lock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

/// A CryptoKeyId: which key of which provider.
struct KeyRef {
  std::string provider;
  std::string id;
  bool operator==(const KeyRef&) const = default;
};

enum class ProviderKind { standard, native, trusted };

struct Key {
  bool active = true;
};

struct KeyProvider {
  ProviderKind kind = ProviderKind::standard;
  std::string kms;            ///< which KMS: two providers may be the same one under two names
  bool has_backup = true;     ///< native: unusable before its first backup
  bool tpm_required = false;  ///< native: only on hosts with a TPM 2.0
  bool reachable = true;      ///< false: the cluster does not answer
  std::string own_key;        ///< native: the id of its key derivation key
  std::map<std::string, Key> keys;
};

class KeyVault {
 public:
  /// `seed` decides the ids of keys made by generate().
  explicit KeyVault(std::string seed) : seed_(std::move(seed)) {}

  void add_provider(const std::string& name, KeyProvider provider);
  bool remove_provider(const std::string& name);
  bool rename_provider(const std::string& name, const std::string& new_name);
  [[nodiscard]] const KeyProvider* provider(std::string_view name) const;
  [[nodiscard]] KeyProvider* provider(std::string_view name);
  [[nodiscard]] const std::map<std::string, KeyProvider, std::less<>>& providers() const {
    return providers_;
  }

  [[nodiscard]] const std::string& default_provider() const { return default_; }
  void set_default_provider(std::string name) { default_ = std::move(name); }

  /// Makes a key; nothing where the provider cannot (unknown, unreachable, not backed up).
  std::optional<KeyRef> generate(const std::string& provider);
  /// Makes a key known by its id, as a replicated KMS does.
  bool import(const KeyRef& key);
  bool remove(const KeyRef& key);
  bool set_active(const KeyRef& key, bool active);

  [[nodiscard]] const Key* find(const KeyRef& key) const;
  /// The secret of a key that a host could use now: it exists, is active, and its provider answers.
  [[nodiscard]] std::optional<std::string> secret(const KeyRef& key) const;
  /// The secret of a key whatever its state: what a machine that has run holds in its memory.
  [[nodiscard]] std::string secret_in(std::string_view kms, std::string_view id) const;

 private:
  const std::string seed_;
  std::map<std::string, KeyProvider, std::less<>> providers_;
  std::string default_;
  unsigned made_ = 0;
};

}  // namespace vtpmfs::simulator
