// What was asked for, word by word, and where: so that a weaker source keeps off what a stronger
// one has said, and --print-config can tell.
#pragma once

#include <string>
#include <vector>

namespace vtpmfs::fs {

inline constexpr const char* kCommandLine = "the command line";

/// One option that was given. Never a secret: options hold none.
struct Setting {
  std::string name;   ///< as in the option table, or `server`
  std::string value;  ///< "true" for a switch
  std::string from;   ///< kCommandLine, "the environment" or the path of a file
};

using Settings = std::vector<Setting>;

}  // namespace vtpmfs::fs
