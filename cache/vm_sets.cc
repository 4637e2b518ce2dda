#include "cache/vm_sets.h"

#include <algorithm>

#include "cache/saved/file_names.h"

namespace vtpmfs::cache {

std::string_view file_name(FileRole role) {
  switch (role) {
    case FileRole::key_id:
      return kKeyIdFile;
    case FileRole::encryption_bundle:
      return kBundleFile;
    case FileRole::firmware:
      return kFirmwareFile;
    case FileRole::vtpm:
      return kVtpmFile;
    case FileRole::nvram:
      return kNvramFile;
    case FileRole::config:
      return kConfigFile;
    case FileRole::sha256sums:
      return kSha256SumsFile;
  }
  return {};
}

std::optional<FileRole> file_role(std::string_view name) {
  const auto* found = std::find_if(kFileRoles.begin(), kFileRoles.end(),
                                   [&](FileRole role) { return file_name(role) == name; });
  if (found == kFileRoles.end()) return std::nullopt;
  return *found;
}

const SetFile* SetListing::find(FileRole role) const {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const SetFile& file) { return file.role == role; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace vtpmfs::cache
