// The command line: vtpmfs [options] [user@]vcenter[:port] mountpoint
#pragma once

#include <string>
#include <vector>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"

namespace vtpmfs::fs {

/// Reads the words after the program's name, then GOVC_* for what they leave open. With one word
/// only, it is the mount point and the vCenter comes from GOVC_URL. EINVAL with one clear line.
Result<Options> read_command_line(const std::vector<std::string>& words,
                                  const Environment& environment);

/// What --help prints, made from the option table.
std::string help_text();

}  // namespace vtpmfs::fs
