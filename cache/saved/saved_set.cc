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

tl::unexpected<Error> refused(std::string_view file, std::string_view words) {
  return fail(EINVAL, fmt::format("{}: {}", file, words));
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

/// The bundle, its agreement with keyId, and the provider where keyId has none.
Status take_bundle(const ParsedFiles& files, SavedSet& set) {
  if (!files.bundle) return {};
  if (!*files.bundle) return fail(files.bundle->error());
  const KeyLocator& locator = **files.bundle;
  set.bundle = files.bundle_text;
  if (locator.has_unknown_form) {
    set.warnings.push_back(fmt::format(
        "{}: not all of its form is known, so that it could not be checked whole", kBundleFile));
  }
  if (!set.key) return {};
  if (!set.key->provider_id) set.key->provider_id = provider_of_key(locator, set.key->key_id);
  if (match_bundle(*set.bundle, *set.key) == BundleMatch::other_keys) {
    return refused(kBundleFile,
                   fmt::format("expected it to be sealed with the key of {}, {}/{}, found {}",
                               kKeyIdFile, printable(set.key->provider_id.value_or("?")),
                               printable(set.key->key_id), keys_of(locator)));
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

Status take_device_and_firmware(const ParsedFiles& files, SavedSet& set) {
  if (!files.firmware) return refused(kFirmwareFile, "expected the file, it is missing");
  if (!*files.firmware) return fail(files.firmware->error());
  set.firmware = **files.firmware;

  if (!files.vtpm) return {};
  if (!*files.vtpm) return fail(files.vtpm->error());
  set.vtpm = (*files.vtpm)->device;
  if (set.firmware != "efi") {
    return refused(kFirmwareFile,
                   fmt::format("expected efi, which a virtual TPM needs, found {}", set.firmware));
  }
  return {};
}

Status take_config(const ParsedFiles& files, SavedSet& set) {
  if (!files.config) return {};
  if (!*files.config) return fail(files.config->error());
  const SavedConfig& saved = **files.config;
  set.config = saved.config;
  set.origin = saved.origin;
  set.warnings.insert(set.warnings.end(), saved.warnings.begin(), saved.warnings.end());
  if (set.key && set.origin && set.origin->key && set.origin->key->key_id != set.key->key_id) {
    set.warnings.push_back(
        fmt::format("{}: names another key than {}, which counts", kConfigFile, kKeyIdFile));
  }
  return {};
}

}  // namespace

ParsedFiles parse_files(const std::map<std::string, std::string>& files) {
  const auto text = [&](std::string_view name) {
    const auto found = files.find(std::string(name));
    return found == files.end() ? nullptr : &found->second;
  };
  ParsedFiles parsed;
  if (const auto* key = text(kKeyIdFile)) parsed.key = parse_key_id(*key);
  if (const auto* bundle = text(kBundleFile)) {
    parsed.bundle_text = bundle_in_file(*bundle);
    parsed.bundle = parse_key_locator(*parsed.bundle_text);
  }
  if (const auto* firmware = text(kFirmwareFile)) parsed.firmware = parse_firmware(*firmware);
  if (const auto* vtpm = text(kVtpmFile)) parsed.vtpm = parse_saved_vtpm(*vtpm);
  if (const auto* config = text(kConfigFile)) parsed.config = parse_config(*config);
  return parsed;
}

Result<SavedSet> put_together(const ParsedFiles& files, bool nvram_present, uint64_t nvram_size) {
  SavedSet set;
  if (files.key) {
    if (!*files.key) return fail(files.key->error());
    set.key = **files.key;
  }
  if (auto status = take_bundle(files, set); !status) return fail(status.error());
  if (auto status = check_provider(set); !status) return fail(status.error());
  if (auto status = take_device_and_firmware(files, set); !status) return fail(status.error());
  if (auto status = take_config(files, set); !status) return fail(status.error());
  if (nvram_present && nvram_size == 0) {
    return refused(kNvramFile, "expected the state of the virtual TPM, it is empty");
  }
  set.has_nvram = nvram_present;
  return set;
}

Result<SavedSet> parse_saved_set(const std::map<std::string, std::string>& files,
                                 bool nvram_present, uint64_t nvram_size) {
  return put_together(parse_files(files), nvram_present, nvram_size);
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
