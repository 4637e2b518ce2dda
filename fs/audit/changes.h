// What a file of a set says that an older one of that name did not. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::fs {

/// One property that is another now.
struct Change {
  std::string file;
  std::string property;  ///< e.g. key, certificates, hardware.memoryMB; empty: the file as a whole
  std::string words;     ///< for a person; never a byte of a bundle, of nvram or of extraConfig
  bool operator==(const Change&) const = default;
};

/// The differences of two texts of the file `name`, at least one: where both say the same in other
/// words (another dialect, another order), or one of them does not parse, that is the change.
std::vector<Change> changes_between(std::string_view name, const std::string& before,
                                    const std::string& after);

}  // namespace vtpmfs::fs
