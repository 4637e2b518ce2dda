// encryption.bundle: a VMware key locator. It names its key in the clear, so that it can be checked
// against keyId without any secret.
//
//   vmware:key/list/(pair/(fqid/<VMWARE-NULL>/PROVIDER/KEY,HMAC%2dSHA%2d256,BASE64),pair/(…))
//
// Every part is percent-escaped (also `-`, `/`, `+`, `=`). Each pair seals the same data keys with
// another key. The grammar has more (lists in lists, keys from pass phrases, roles, scripts): those
// are forms that we do not know, and no errors. The escapes belong to the value: whoever writes it
// back writes it byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vsphere/crypto_key.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// One pair: the data keys, sealed with one key of a key provider.
struct SealedPair {
  std::optional<std::string> provider;  ///< none where it is <VMWARE-NULL>
  std::string key;
  std::string mac;          ///< name of the MAC algorithm, e.g. HMAC-SHA-256
  std::string sealed_data;  ///< bytes; never to be shown

  [[nodiscard]] bool is_for(const vsphere::CryptoKeyId& id) const;
  bool operator==(const SealedPair&) const = default;
};

/// A key locator as far as we know its form.
struct KeyLocator {
  std::vector<SealedPair> pairs;
  /// True where something in it, or all of it, has a form that we do not know.
  bool has_unknown_form = false;
};

/// EINVAL for what is no whole key locator: no `vmware:` at its start, anything but printable
/// ASCII, a broken escape, an open parenthesis, sealed data that is not base64. EFBIG over
/// kBundleMaxBytes.
Result<KeyLocator> parse_key_locator(std::string_view bundle);

/// What a bundle says about a key.
enum class BundleMatch {
  agrees,        ///< a pair of it is sealed with this key
  other_keys,    ///< all of it is understood, and only other keys are named
  unknown_form,  ///< the key is not named, but not all of it is understood
  malformed,     ///< no whole key locator: cut off, or something else
};
BundleMatch match_bundle(std::string_view bundle, const vsphere::CryptoKeyId& key);

/// What became of a bundle that was given to a new VM.
enum class BundleComparison {
  equal,         ///< byte for byte
  pair_kept,     ///< a saved pair of this key is still among the pairs
  rewrapped,     ///< there is a pair for the key, but not the saved one: unproven
  no_pair,       ///< no pair for the key: nvram cannot be opened
  unknown_form,  ///< differs, and not all of it is understood
};
BundleComparison compare_bundles(std::string_view saved, std::string_view found,
                                 const vsphere::CryptoKeyId& key);

/// The provider that the bundle names with this key, for a saved key id without one. Empty where it
/// names none, or several.
std::optional<std::string> provider_of_key(const KeyLocator& locator, std::string_view key_id);

/// The bundle in a saved file: its bytes without the one trailing newline that an editor adds.
std::string_view bundle_in_file(std::string_view file_bytes);

}  // namespace vtpmfs::cache
