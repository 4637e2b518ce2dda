#include "vsphere/encryption/key_status.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace vtpmfs::vsphere {
namespace {

using Answer = KeyCheck::Answer;

struct Reason {
  std::string_view id;
  std::string_view words;
};

// The key server itself, or its list, says that the key cannot be had. All other reasons are about
// who may ask and who can be reached.
constexpr std::array kNoKey{
    Reason{"KeyStateMissingInKMS", "the key server does not have the key"},
    Reason{"KeyStateNotActiveOrEnabled", "the key is not active or not enabled in the key server"},
    Reason{"WrappingKeyMissingInKMS", "the key server does not have the wrapping key"},
    Reason{"WrappingKeyNotActiveOrEnabled",
           "the wrapping key is not active or not enabled in the key server"},
};

// Nobody can say now: why, for a person.
constexpr std::array kUnknown{
    Reason{"KeyStateMissingInCache", "vCenter does not know the key yet"},
    Reason{"KeyStateClusterInvalid", "the key provider is not set up whole"},
    Reason{"KeyStateClusterUnreachable",
           "the key provider is not active: its key server does not answer"},
    Reason{"KeyStateManagedByTrustAuthority",
           "a trusted provider has it, whose keys cannot be asked for"},
    Reason{"KeyStateManagedByNKP", "a native provider has it, whose keys cannot be asked for"},
    Reason{"NoPermissionToAccessKeyProvider", "the account may not ask this key provider"},
};

std::string named(const CryptoKeyId& key) {
  return "key " + key.key_id + " of provider " + key.provider_id.value_or("(none)");
}

}  // namespace

std::optional<KeyCheck> judge_provider(const CryptoKeyId& key, const KeyProviderList& list) {
  if (!key.provider_id) return std::nullopt;
  const auto found =
      std::find_if(list.providers.begin(), list.providers.end(),
                   [&](const KeyProvider& provider) { return provider.id == *key.provider_id; });
  if (found == list.providers.end()) {
    if (list.complete) {
      return KeyCheck{Answer::no, "vCenter has no key provider named " + *key.provider_id};
    }
    return KeyCheck{Answer::unknown, "key provider " + *key.provider_id +
                                         " is not among those that this account can see"};
  }
  if (found->management == "nativeProvider") {
    return KeyCheck{Answer::unknown,
                    "provider " + found->id + " is a native one: its keys cannot be asked for"};
  }
  if (found->management == "trustAuthority") {
    return KeyCheck{Answer::unknown,
                    "provider " + found->id + " is a trusted one: its keys cannot be asked for"};
  }
  return std::nullopt;
}

KeyCheck judge_key_status(const CryptoKeyId& key, std::optional<bool> available,
                          const std::optional<std::string>& reason) {
  if (available.value_or(false)) return {Answer::yes, named(key) + " is available"};
  const auto* no = std::find_if(kNoKey.begin(), kNoKey.end(),
                                [&](const Reason& known) { return known.id == reason; });
  if (no != kNoKey.end()) return {Answer::no, named(key) + ": " + std::string(no->words)};
  const auto* why = std::find_if(kUnknown.begin(), kUnknown.end(),
                                 [&](const Reason& known) { return known.id == reason; });
  if (why != kUnknown.end())
    return {Answer::unknown,
            named(key) + ": " + std::string(why->words) + " (" + std::string(why->id) + ")"};
  return {Answer::unknown,
          named(key) + ": vCenter cannot say (" + reason.value_or("no reason") + ")"};
}

}  // namespace vtpmfs::vsphere
