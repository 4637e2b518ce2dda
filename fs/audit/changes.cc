#include "fs/audit/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cache/saved/file_names.h"
#include "cache/saved/firmware_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/key_locator.h"
#include "cache/saved/vtpm_file.h"
#include "fs/audit/audit_output.h"
#include "fs/audit/certificate_rules.h"
#include "fs/audit/config_changes.h"

namespace vtpmfs::fs {
namespace {

using Changes = std::vector<Change>;
using Texts = std::vector<std::string>;

Changes key_changes(const std::string& before, const std::string& after) {
  const std::string file(cache::kKeyIdFile);
  const auto old_key = cache::parse_key_id(before);
  const auto new_key = cache::parse_key_id(after);
  if (!old_key || !new_key || *old_key == *new_key) return {};
  if (old_key->key_id == new_key->key_id)
    return {{file, "provider",
             fmt::format("{}, was {}", new_key->provider_id.value_or("?"),
                         old_key->provider_id.value_or("?"))}};
  return {{file, "key", fmt::format("rekeyed: {}, was {}", name_of(*new_key), name_of(*old_key))}};
}

std::set<std::string> keys_of(const cache::KeyLocator& bundle) {
  std::set<std::string> keys;
  for (const auto& pair : bundle.pairs) keys.insert(name_of({pair.key, pair.provider}));
  return keys;
}

Changes bundle_changes(const std::string& before, const std::string& after) {
  const std::string file(cache::kBundleFile);
  const auto old_bundle = cache::parse_key_locator(cache::bundle_in_file(before));
  const auto new_bundle = cache::parse_key_locator(cache::bundle_in_file(after));
  if (!old_bundle || !new_bundle) return {};
  if (cache::bundle_in_file(before) == cache::bundle_in_file(after)) return {};
  const auto old_keys = keys_of(*old_bundle);
  const auto new_keys = keys_of(*new_bundle);
  if (old_keys == new_keys)
    return {{file, "sealed data", "sealed anew for the same keys, or with other data keys"}};
  return {{file, "keys",
           fmt::format("sealed for {}, was for {}", fmt::join(new_keys, ", "),
                       fmt::join(old_keys, ", "))}};
}

Changes firmware_changes(const std::string& before, const std::string& after) {
  const auto old_firmware = cache::parse_firmware(before);
  const auto new_firmware = cache::parse_firmware(after);
  if (!old_firmware || !new_firmware || *old_firmware == *new_firmware) return {};
  return {{std::string(cache::kFirmwareFile), "firmware",
           fmt::format("{}, was {}", *new_firmware, *old_firmware)}};
}

/// How many of `these` are not in `those`.
size_t not_among(const Texts& these, const Texts& those) {
  return static_cast<size_t>(std::count_if(these.begin(), these.end(), [&](const auto& text) {
    return std::find(those.begin(), those.end(), text) == those.end();
  }));
}

/// Their order means nothing.
void add_entries(const std::string& property, const Texts& before, const Texts& after,
                 Changes& changes) {
  const size_t added = not_among(after, before);
  const size_t gone = not_among(before, after);
  if (added + gone == 0 && before.size() == after.size()) return;
  changes.push_back(
      {std::string(cache::kVtpmFile), property, fmt::format("{} new, {} gone", added, gone)});
}

Changes vtpm_changes(const std::string& before, const std::string& after) {
  const auto old_vtpm = cache::parse_saved_vtpm(before);
  const auto new_vtpm = cache::parse_saved_vtpm(after);
  if (!old_vtpm || !new_vtpm) return {};
  Changes changes;
  if (endorsement_keys_hash(*old_vtpm) != endorsement_keys_hash(*new_vtpm))
    changes.push_back({std::string(cache::kVtpmFile), "endorsement keys",
                       "another vTPM: what the old one sealed, this one cannot open"});
  const vsphere::VirtualTpm& was = old_vtpm->device;
  const vsphere::VirtualTpm& is = new_vtpm->device;
  add_entries("certificates", was.certificates, is.certificates, changes);
  add_entries("signing requests", was.certificate_signing_requests, is.certificate_signing_requests,
              changes);
  if (was.key != is.key || was.controller_key != is.controller_key ||
      was.unit_number != is.unit_number || was.label != is.label || was.summary != is.summary)
    changes.push_back({std::string(cache::kVtpmFile), "device", "its place or label is another"});
  return changes;
}

Changes by_property(std::string_view name, const std::string& before, const std::string& after) {
  if (name == cache::kKeyIdFile) return key_changes(before, after);
  if (name == cache::kBundleFile) return bundle_changes(before, after);
  if (name == cache::kFirmwareFile) return firmware_changes(before, after);
  if (name == cache::kVtpmFile) return vtpm_changes(before, after);
  if (name == cache::kConfigFile) return config_changes(before, after);
  return {};
}

}  // namespace

std::vector<Change> changes_between(std::string_view name, const std::string& before,
                                    const std::string& after) {
  Changes changes = by_property(name, before, after);
  if (changes.empty())
    changes.push_back({std::string(name), "", "other bytes that say the same, or nothing known"});
  return changes;
}

}  // namespace vtpmfs::fs
