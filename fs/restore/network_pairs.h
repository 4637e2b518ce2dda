// "SAVED=HERE": which network of this vCenter a saved network card gets.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// The two names of one such text, parted at its first '='. EINVAL where one is missing.
Result<std::pair<std::string, std::string>> network_pair(const std::string& text);

/// The same for a line each; empty lines do not count.
Result<std::map<std::string, std::string>> network_pairs(const std::string& lines);

}  // namespace vtpmfs::fs
