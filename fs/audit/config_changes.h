// What differs between two config.json. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "fs/audit/changes.h"

namespace vtpmfs::fs {

/// By property, named by its path in the file (hardware.memoryMB, hardware.device[4000].macAddress:
/// members of arrays that have a `key` are found by it, whatever their order). Values are told
/// where they are short and nobody can have put a secret there: not of extraConfig, not of
/// annotations. At most `most` properties, then how many more. Empty where all is the same; one
/// change without a property where a text is no JSON.
std::vector<Change> config_changes(const std::string& before, const std::string& after,
                                   size_t most = 20);

}  // namespace vtpmfs::fs
