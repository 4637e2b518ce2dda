// Every option is declared here once: its name, what it takes, what it says in --help, what it
// sets. The command line and -o are both read with this table, so `--vms all` and `-o vms=all` are
// the same.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "fs/options/options.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

struct OptionSpec {
  std::string_view name;   ///< long name without dashes; -o takes it with '-' or '_'
  std::string_view flag;   ///< one letter, or empty
  std::string_view value;  ///< name of its value in --help; empty for a switch
  std::string_view help;
  /// Takes the value ("" for a switch). EINVAL with words that name what was expected.
  std::function<Status(Options&, const std::string&)> apply;
};

/// All options in the order of --help.
std::span<const OptionSpec> option_table();
const OptionSpec* find_option(std::string_view name);

}  // namespace vtpmfs::fs
