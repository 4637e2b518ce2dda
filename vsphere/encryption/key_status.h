// What the answers about a key mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vsphere/crypto_key.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

/// The key providers of a vCenter, and whether all of them are here: without the privilege to list
/// them a property is left that shows only the standard ones.
struct KeyProviderList {
  std::vector<KeyProvider> providers;
  bool complete = true;
};

/// What the list alone says: `no` where the provider is not in a complete one, `unknown` for those
/// providers whose keys a vCenter cannot be asked about; empty where the key is to be asked for.
std::optional<KeyCheck> judge_provider(const CryptoKeyId& key, const KeyProviderList& list);

/// What QueryCryptoKeyStatus says about a key.
KeyCheck judge_key_status(const CryptoKeyId& key, std::optional<bool> available,
                          const std::optional<std::string>& reason);

}  // namespace vtpmfs::vsphere
