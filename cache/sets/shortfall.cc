#include "cache/sets/shortfall.h"

#include <cerrno>

#include "cache/saved/key_locator.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::cache {
namespace {

using vsphere::VmDetail;

Error error_of(int code, std::string words) {
  return Error{Errno{code}, std::move(words)};
}

/// `part` is `whole`, or below it: config.keyId is a part of config, x["a"] of x.
bool is_part_of(std::string_view part, std::string_view whole) {
  if (part.substr(0, whole.size()) != whole) return false;
  return part.size() == whole.size() || part[whole.size()] == '.' || part[whole.size()] == '[';
}

/// A value is missing: because it could not be read, or because vCenter has none.
Error why_missing(const VmDetail& detail, std::string_view property, std::string_view what) {
  if (const Error* error = why_unreadable(detail, property)) return *error;
  if (!has_configuration(detail)) {
    return error_of(ENODATA, "vCenter has no configuration of this VM");
  }
  return error_of(ENODATA, "vCenter has no " + std::string(what) + " of this VM");
}

/// Whether config.json says something else where this property cannot be read. extraConfig and the
/// firmware have files of their own.
bool is_of_config_file(std::string_view property) {
  using namespace vsphere::vm_property;
  return property == kName || property == "config" ||
         (is_part_of(property, "config") && !is_part_of(property, "config.extraConfig") &&
          property != kFirmware && property != kKeyId);
}

/// A config.json that lacks what could not be read would spoil an older copy.
void look_at_config_file(const VmDetail& detail, bool names_key, Shortfall& shortfall) {
  for (const vsphere::Unreadable& unreadable : detail.unreadable) {
    const bool key = unreadable.property == vsphere::vm_property::kKeyId && !names_key;
    if (key || is_of_config_file(unreadable.property)) {
      shortfall.add(FileRole::config, unreadable.error);
      return;
    }
  }
  if (!has_configuration(detail)) {
    shortfall.add(FileRole::config, error_of(ENODATA, "vCenter has no configuration of this VM"));
  }
}

void look_at_states(const VmDetail& detail, Shortfall& shortfall) {
  if (detail.crypto_state == "locked") {
    std::string words = "the VM is locked: its host has no key for it";
    if (detail.key_id) {
      words += " (" + detail.key_id->provider_id.value_or("?") + "/" + detail.key_id->key_id + ")";
    }
    shortfall.add(error_of(ENOKEY, words));
  }
  if (detail.connection_state == "disconnected") {
    shortfall.add(error_of(EHOSTUNREACH, "the VM's host is disconnected"));
  } else if (!detail.connection_state.empty() && detail.connection_state != "connected") {
    shortfall.add(error_of(EIO, "the VM is " + detail.connection_state));
  }
}

}  // namespace

void Shortfall::add(FileRole role, Error error) {
  if (!set) set = error;
  files.emplace_back(role, std::move(error));
}

void Shortfall::add(Error error) {
  if (!set) set = std::move(error);
}

bool is_encrypted(const VmDetail& detail) {
  return detail.key_id || detail.encryption_bundle || !detail.crypto_state.empty();
}

bool has_configuration(const VmDetail& detail) {
  return detail.change_version || detail.vm_path_name || detail.firmware || detail.instance_uuid ||
         detail.vtpm;
}

const Error* why_unreadable(const VmDetail& detail, std::string_view property) {
  for (const vsphere::Unreadable& unreadable : detail.unreadable) {
    if (is_part_of(property, unreadable.property) || is_part_of(unreadable.property, property)) {
      return &unreadable.error;
    }
  }
  return nullptr;
}

bool device_list_unknown(const VmDetail& detail) {
  return !detail.vtpm && (why_unreadable(detail, "config.hardware.device") != nullptr ||
                          !has_configuration(detail));
}

bool bundle_is_for_other_keys(const VmDetail& detail) {
  return detail.key_id && detail.encryption_bundle &&
         match_bundle(*detail.encryption_bundle, *detail.key_id) == BundleMatch::other_keys;
}

Shortfall shortfall_of_details(const VmDetail& detail, bool has_tpm, bool names_key) {
  Shortfall shortfall;
  look_at_states(detail, shortfall);
  if (has_tpm || is_encrypted(detail)) {
    if (!detail.key_id) {
      shortfall.add(FileRole::key_id, why_missing(detail, "config.keyId", "keyId"));
    }
    if (!detail.encryption_bundle) {
      shortfall.add(
          FileRole::encryption_bundle,
          why_missing(detail, "config.extraConfig[\"encryption.bundle\"]", "encryption.bundle"));
    }
  }
  if (!detail.firmware) {
    shortfall.add(FileRole::firmware, why_missing(detail, "config.firmware", "firmware"));
  }
  if (has_tpm && !detail.vtpm) {
    shortfall.add(FileRole::vtpm,
                  why_missing(detail, "config.hardware.device", "virtual TPM in the device list"));
  }
  if (bundle_is_for_other_keys(detail)) {
    shortfall.add(error_of(EIO, "encryption.bundle names other keys than keyId (" +
                                    detail.key_id->provider_id.value_or("?") + "/" +
                                    detail.key_id->key_id + "), also when read again"));
  }
  look_at_config_file(detail, names_key, shortfall);
  if (!detail.vm_path_name) {
    shortfall.add(FileRole::nvram,
                  why_missing(detail, "config.files.vmPathName", "path of the configuration file"));
    return shortfall;
  }
  const auto path =
      vsphere::nvram_path(*detail.vm_path_name, detail.nvram_extra_config, detail.nvram_layout);
  if (!path) {
    shortfall.add(FileRole::nvram, path.error());
  } else if (!*path) {
    // Nothing names it; that means something only where everything that might was readable.
    for (const std::string_view property : {"config.extraConfig[\"nvram\"]", "layoutEx"}) {
      if (const Error* error = why_unreadable(detail, property)) {
        shortfall.add(FileRole::nvram, *error);
        break;
      }
    }
  }
  return shortfall;
}

bool has_run(const VmDetail& detail) {
  return detail.power != vsphere::PowerState::off || detail.has_snapshot ||
         detail.log_with_content || why_unreadable(detail, "layoutEx") != nullptr ||
         why_unreadable(detail, vsphere::vm_property::kRootSnapshot) != nullptr;
}

std::optional<Error> nvram_shortfall(const NvramPlace& place, const NvramFound& found, bool ran,
                                     uint64_t nvram_max) {
  switch (found.state) {
    case NvramFound::State::not_known:
      if (found.error) return found.error;
      return error_of(EIO, "the datastore was not listed yet");
    case NvramFound::State::listed:
      if (found.file.size > nvram_max) {
        return error_of(EFBIG, "nvram has " + std::to_string(found.file.size) +
                                   " bytes, more than the " + std::to_string(nvram_max) +
                                   " of --nvram-max");
      }
      return std::nullopt;
    case NvramFound::State::none:
      break;
  }
  if (found.others) {
    return error_of(EIO, "the VM's directory holds an nvram that the VM does not name" +
                             (place.path ? ", and not '" + *place.path + "'" : std::string()));
  }
  if (ran) {
    return error_of(ENODATA, "the VM has run, but the datastore shows no nvram with content");
  }
  return std::nullopt;
}

}  // namespace vtpmfs::cache
