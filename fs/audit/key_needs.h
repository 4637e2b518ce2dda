// Which keys a saved set needs. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fs/audit/set_facts.h"
#include "vsphere/crypto_key.h"

namespace vtpmfs::fs {

struct KeyNeeds {
  /// Each key without which the set may be lost: keyId's; the bundle's instead where there is no
  /// keyId, besides where it is not sealed with that key; config.json's where it has neither (a
  /// machine that was locked when it was saved). Of a bundle that is sealed with keyId's key and
  /// with others, only that one: it opens the bundle alone.
  std::vector<vsphere::CryptoKeyId> keys;
  /// Why that may not be all, in words: files that are missing, do not parse, or differ from
  /// SHA256SUMS. Nobody may delete a key on the word of such a set.
  std::optional<std::string> doubt;
};

/// nvram and vtpm.json need not have been read. A machine that is not encrypted needs no key.
KeyNeeds keys_needed(const SetFacts& facts);

}  // namespace vtpmfs::fs
