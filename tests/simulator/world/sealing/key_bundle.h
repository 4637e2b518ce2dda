// encryption.bundle as a host writes it: a key locator that names the keys which wrap a virtual
// machine's data key,
// `vmware:key/list/(pair/(fqid/<VMWARE-NULL>/PROVIDER/KEY,HMAC%2dSHA%2d256,BASE64))`.
//
// The sealing is real: the wrapped data key is encrypted and authenticated with a secret that
// belongs to the key, and the provider's name and the key's id are authenticated with it, so that a
// changed byte, another key or the same key behind another provider's name is refused. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::simulator {

/// One (key, wrapped data key) pair of a bundle, its escapes undone.
struct BundlePair {
  std::string provider;
  std::string key_id;
  std::string mac_algorithm;
  std::string wrapped;  ///< raw bytes
};

/// The pair that wraps `data_key` (32 bytes) with `secret`, the key's secret in the KMS. `salt`
/// makes two wrappings of one data key differ.
BundlePair wrap_data_key(std::string_view provider, std::string_view key_id,
                         std::string_view secret, std::string_view data_key, std::string_view salt);

/// The data key of `pair`, or nothing when `secret` is not the one that it was wrapped with.
std::optional<std::string> unwrap_data_key(const BundlePair& pair, std::string_view secret);

/// The text form.
std::string write_bundle(const std::vector<BundlePair>& pairs);

/// Reads the text form strictly; nothing when it is not a bundle.
std::optional<std::vector<BundlePair>> parse_bundle(std::string_view text);

}  // namespace vtpmfs::simulator
