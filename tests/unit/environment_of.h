// An environment that a test makes up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fs/options/govc_environment.h"

namespace vtpmfs::fs {

inline Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace vtpmfs::fs
