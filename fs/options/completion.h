// Shell completion, made from the option table.
#pragma once

#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// The completion script for bash, zsh or fish. EINVAL for another shell.
Result<std::string> completion_script(const std::string& shell);

}  // namespace vtpmfs::fs
