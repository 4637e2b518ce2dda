// Identifiers that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

namespace vtpmfs::simulator {

/// Lower-case hex digits of `bytes` random bytes.
[[nodiscard]] std::string random_hex(size_t bytes);
/// A random (version 4) UUID.
[[nodiscard]] std::string random_uuid();

}  // namespace vtpmfs::simulator
