#include "cache/saved/saved_set.h"

#include <fmt/format.h>

#include <cerrno>

#include "cache/saved/config_file.h"
#include "cache/saved/file_names.h"
#include "cache/saved/firmware_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/key_locator.h"
#include "cache/saved/plain_text.h"
#include "cache/saved/vtpm_file.h"

namespace vtpmfs::cache {
namespace {

using Files = std::map<std::string, std::string>;

tl::unexpected<Error> refused(std::string_view file, std::string_view words) {
  return fail(EINVAL, fmt::format("{}: {}", file, words));
}

const std::string* find(const Files& files, std::string_view name) {
  const auto found = files.find(std::string(name));
  return found == files.end() ? nullptr : &found->second;
}

/// The keys that a bundle names, for words: "KMS/1234, KMS/5678".
std::string keys_of(const KeyLocator& locator) {
  std::string names;
  for (const auto& pair : locator.pairs) {
    if (!names.empty()) names += ", ";
    names += printable(pair.provider.value_or("?")) + '/' + printable(pair.key);
    if (names.size() > 500) return names + ", ...";
  }
  return names.empty() ? "none" : names;
}

Status read_key(const Files& files, SavedSet& set) {
  const std::string* text = find(files, kKeyIdFile);
  if (text == nullptr) return {};
  auto key = parse_key_id(*text);
  if (!key) return fail(key.error());
  set.key = *std::move(key);
  return {};
}

/// The bundle, its agreement with keyId, and the provider where keyId has none.
Status read_bundle(const Files& files, SavedSet& set) {
  const std::string* text = find(files, kBundleFile);
  if (text == nullptr) return {};
  const std::string bundle(bundle_in_file(*text));
  const auto locator = parse_key_locator(bundle);
  if (!locator) return fail(locator.error());
  set.bundle = bundle;
  if (locator->has_unknown_form) {
    set.warnings.push_back(fmt::format(
        "{}: not all of its form is known, so that it could not be checked whole", kBundleFile));
  }
  if (!set.key) return {};
  if (!set.key->provider_id) set.key->provider_id = provider_of_key(*locator, set.key->key_id);
  if (match_bundle(bundle, *set.key) == BundleMatch::other_keys) {
    return refused(kBundleFile,
                   fmt::format("expected it to be sealed with the key of {}, {}/{}, found {}",
                               kKeyIdFile, printable(set.key->provider_id.value_or("?")),
                               printable(set.key->key_id), keys_of(*locator)));
  }
  return {};
}

Status check_provider(const SavedSet& set) {
  // A server would take its default provider, where the key most likely is not.
  if (set.key && !set.key->provider_id) {
    return refused(
        kKeyIdFile,
        fmt::format("expected a key provider (providerId), and {} names none", kBundleFile));
  }
  return {};
}

Status read_device_and_firmware(const Files& files, SavedSet& set) {
  const std::string* firmware_text = find(files, kFirmwareFile);
  if (firmware_text == nullptr) return refused(kFirmwareFile, "expected the file, it is missing");
  auto firmware = parse_firmware(*firmware_text);
  if (!firmware) return fail(firmware.error());
  set.firmware = *std::move(firmware);

  const std::string* text = find(files, kVtpmFile);
  if (text == nullptr) return {};
  auto tpm = parse_vtpm(*text);
  if (!tpm) return fail(tpm.error());
  set.vtpm = *std::move(tpm);
  if (set.firmware != "efi") {
    return refused(kFirmwareFile,
                   fmt::format("expected efi, which a virtual TPM needs, found {}", set.firmware));
  }
  return {};
}

Status read_config(const Files& files, SavedSet& set) {
  const std::string* text = find(files, kConfigFile);
  if (text == nullptr) return {};
  auto saved = parse_config(*text);
  if (!saved) return fail(saved.error());
  set.config = std::move(saved->config);
  set.origin = std::move(saved->origin);
  set.warnings.insert(set.warnings.end(), saved->warnings.begin(), saved->warnings.end());
  if (set.key && set.origin && set.origin->key && set.origin->key->key_id != set.key->key_id) {
    set.warnings.push_back(
        fmt::format("{}: names another key than {}, which counts", kConfigFile, kKeyIdFile));
  }
  return {};
}

}  // namespace

Result<SavedSet> parse_saved_set(const Files& files, bool nvram_present, uint64_t nvram_size) {
  SavedSet set;
  if (auto status = read_key(files, set); !status) return fail(status.error());
  if (auto status = read_bundle(files, set); !status) return fail(status.error());
  if (auto status = check_provider(set); !status) return fail(status.error());
  if (auto status = read_device_and_firmware(files, set); !status) return fail(status.error());
  if (auto status = read_config(files, set); !status) return fail(status.error());
  if (nvram_present && nvram_size == 0) {
    return refused(kNvramFile, "expected the state of the virtual TPM, it is empty");
  }
  set.has_nvram = nvram_present;
  return set;
}

Status check_restorable(const SavedSet& set) {
  if (!set.key) return refused(kKeyIdFile, "expected the file, it is missing");
  if (!set.bundle) return refused(kBundleFile, "expected the file, it is missing");
  if (set.firmware != "efi") return refused(kFirmwareFile, "expected efi");
  if (!set.vtpm) return refused(kVtpmFile, "expected the file, it is missing");
  if (!set.has_nvram && !(set.origin && set.origin->no_nvram)) {
    return refused(kNvramFile,
                   fmt::format("expected the file, it is missing, and {} does not say that there "
                               "was none",
                               kConfigFile));
  }
  return {};
}

}  // namespace vtpmfs::cache
