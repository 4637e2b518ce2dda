#include "fs/audit/key_needs.h"

#include <fmt/format.h>

#include <algorithm>

#include "cache/saved/file_names.h"
#include "cache/saved/sha256sums.h"

namespace vtpmfs::fs {
namespace {

using State = FileContent::State;

/// Why one of the files that name keys cannot be believed.
std::optional<std::string> doubt_of(const SetFacts& facts, std::string_view name,
                                    const cache::Sha256Sums& sums) {
  const auto file = facts.files.find(name);
  const auto listed = sums.find(name);
  if (file == facts.files.end() || file->second.state == State::absent) {
    if (listed == sums.end()) return std::nullopt;
    return fmt::format("{} is missing", name);
  }
  if (file->second.state != State::whole) return fmt::format("{} could not be read", name);
  if (listed != sums.end() && listed->second != file->second.hash)
    return fmt::format("{} differs from {}", name, cache::kSha256SumsFile);
  return std::nullopt;
}

void add(std::vector<vsphere::CryptoKeyId>& keys, vsphere::CryptoKeyId key) {
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
}

/// keyId's key and the bundle's, as far as both parse.
void add_of_files(const SetFacts& facts, std::vector<vsphere::CryptoKeyId>& keys) {
  const cache::KeyLocator* bundle =
      facts.parsed.bundle && *facts.parsed.bundle ? &**facts.parsed.bundle : nullptr;
  bool opens_bundle = false;
  if (facts.parsed.key && *facts.parsed.key) {
    vsphere::CryptoKeyId key = **facts.parsed.key;
    if (!key.provider_id && bundle != nullptr)
      key.provider_id = cache::provider_of_key(*bundle, key.key_id);
    opens_bundle =
        bundle != nullptr && std::any_of(bundle->pairs.begin(), bundle->pairs.end(),
                                         [&](const auto& pair) { return pair.is_for(key); });
    add(keys, std::move(key));
  }
  if (bundle == nullptr || opens_bundle) return;
  for (const auto& pair : bundle->pairs) add(keys, {pair.key, pair.provider});
}

/// SHA256SUMS tells of a whole set, and that knows no key.
bool is_not_encrypted(const SetFacts& facts, const std::optional<cache::Sha256Sums>& sums) {
  return sums && sums->count(std::string(cache::kKeyIdFile)) == 0 &&
         sums->count(std::string(cache::kBundleFile)) == 0 &&
         facts.names.known.count(cache::kVtpmFile) == 0;
}

}  // namespace

KeyNeeds keys_needed(const SetFacts& facts) {
  KeyNeeds needs;
  std::optional<cache::Sha256Sums> sums;
  if (const auto* text = facts.text(cache::kSha256SumsFile))
    if (auto parsed = cache::parse_sha256sums(*text)) sums = *std::move(parsed);
  add_of_files(facts, needs.keys);
  for (const std::string_view name : {cache::kKeyIdFile, cache::kBundleFile})
    if (!needs.doubt) needs.doubt = doubt_of(facts, name, sums.value_or(cache::Sha256Sums{}));
  if (!needs.doubt && facts.parsed.key && !*facts.parsed.key)
    needs.doubt = facts.parsed.key->error().words;
  if (!needs.doubt && facts.parsed.bundle && !*facts.parsed.bundle)
    needs.doubt = facts.parsed.bundle->error().words;
  const bool encrypted = !is_not_encrypted(facts, sums);
  if (needs.keys.empty() && facts.origin() != nullptr && facts.origin()->key)
    add(needs.keys, *facts.origin()->key);
  if (needs.keys.empty() && encrypted && !needs.doubt)
    needs.doubt = fmt::format("{} is missing", cache::kKeyIdFile);
  return needs;
}

}  // namespace vtpmfs::fs
