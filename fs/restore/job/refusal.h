// Why a restore cannot be, with the step that mends it.
#pragma once

#include <string>
#include <utility>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Shorthand for `return refuse(ENOENT, "no such pool", "name one that is there")`.
[[nodiscard]] inline tl::unexpected<Error> refuse(int code, std::string words, std::string remedy) {
  Error error{Errno{code}, std::move(words)};
  error.remedy = std::move(remedy);
  return fail(std::move(error));
}

}  // namespace vtpmfs::fs
