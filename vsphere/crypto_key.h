// Interface. The name of a key, never the key itself.
#pragma once

#include <compare>
#include <optional>
#include <string>

namespace vtpmfs::vsphere {

/// vim25 CryptoKeyId: the key's id within a key provider (a KMS cluster, or a native provider whose
/// ids are long base64). A server takes its default provider where none is given; we never let it.
struct CryptoKeyId {
  std::string key_id;
  std::optional<std::string> provider_id;

  auto operator<=>(const CryptoKeyId&) const = default;
};

}  // namespace vtpmfs::vsphere
