// Interface. A file on a datastore, and the rule that says which file is a VM's nvram.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

/// "[datastore1] dir/vm.vmx" taken apart. Both parts are as the API writes them (%2f stays %2f).
struct DatastorePath {
  std::string datastore;
  std::string path;

  auto operator<=>(const DatastorePath&) const = default;
  /// "[datastore1] dir/vm.vmx"
  [[nodiscard]] std::string text() const;
  /// Directory of the path, without a trailing slash; empty at the datastore's root.
  [[nodiscard]] std::string directory() const;
  /// Last component of the path.
  [[nodiscard]] std::string name() const;
  /// EINVAL where the text has not that form, or holds control characters, `\`, or a `.`/`..`
  /// component.
  static Result<DatastorePath> parse(std::string_view text);
};

/// True for a name that may be fetched as a VM's nvram: plain, ends in .nvram (any case), without
/// '/', '\', "..", control characters, at most 255 bytes.
bool is_plain_nvram_name(std::string_view name);

/// Where a VM's nvram is: `<directory of vmPathName>/<plain name>`. The name comes from extraConfig
/// `nvram`, else from layoutEx's entry of type nvram (only its last component counts), else there
/// is none (empty optional). EIO with the reason where a name was given and the rule forbids it:
/// whoever may edit a VM's settings must not make this program read other files.
Result<std::optional<DatastorePath>> nvram_path(
    std::string_view vm_path_name, const std::optional<std::string>& extra_config_nvram,
    const std::optional<std::string>& layout_nvram);

}  // namespace vtpmfs::vsphere
