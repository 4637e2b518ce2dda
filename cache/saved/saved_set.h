// A saved directory as a whole: read, and checked as far as that needs no vCenter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/saved/config_file.h"
#include "cache/saved/key_locator.h"
#include "cache/saved/saved_origin.h"
#include "cache/saved/vtpm_file.h"
#include "vsphere/crypto_key.h"
#include "vsphere/error.h"
#include "vsphere/virtual_tpm.h"
#include "vsphere/vm_config.h"

namespace vtpmfs::cache {

/// What a saved directory says. nvram's bytes stay where they are: nobody can read them but the VM.
struct SavedSet {
  std::optional<vsphere::CryptoKeyId> key;  ///< always with its provider
  std::optional<std::string> bundle;        ///< byte for byte as the extraConfig value was
  std::string firmware;
  std::optional<vsphere::VirtualTpm> vtpm;
  bool has_nvram = false;
  std::optional<vsphere::VmConfig> config;
  std::optional<SavedOrigin> origin;
  std::vector<std::string> warnings;  ///< for restore.status and `vtpmfs check`
};

/// The files of a saved directory, each parsed by itself: unset where it is not there.
struct ParsedFiles {
  std::optional<Result<vsphere::CryptoKeyId>> key;
  std::optional<std::string> bundle_text;  ///< without the newline that an editor adds
  std::optional<Result<KeyLocator>> bundle;
  std::optional<Result<std::string>> firmware;
  std::optional<Result<SavedVtpm>> vtpm;
  std::optional<Result<SavedConfig>> config;
};

/// By name and without nvram; other names are ignored.
ParsedFiles parse_files(const std::map<std::string, std::string>& files);

/// What parse_saved_set() makes of them.
Result<SavedSet> put_together(const ParsedFiles& files, bool nvram_present, uint64_t nvram_size);

/// Reads the files of a saved directory, by name and without nvram; other names are ignored, and so
/// is SHA256SUMS (its owner has compared the hashes already). Whatever is there must parse;
/// firmware must be there, and be efi with a virtual TPM; bundle and keyId agree; a key id without
/// provider takes the bundle's; nvram is not empty. EINVAL (EFBIG for a huge file), with words that
/// begin with the file's name and say what was expected.
Result<SavedSet> parse_saved_set(const std::map<std::string, std::string>& files,
                                 bool nvram_present, uint64_t nvram_size);

/// Whether a set has all that a VM with its virtual TPM needs: the five files, nvram only where
/// config.json does not say that there was none. EINVAL names what is missing.
Status check_restorable(const SavedSet& set);

}  // namespace vtpmfs::cache
