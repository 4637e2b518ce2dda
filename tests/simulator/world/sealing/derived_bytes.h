// Bytes that look random and are the same on every run: everything secret or unique in the
// simulated world (keys, identities, uuids, nvram contents) is derived from a seed, so that a test
// can be repeated and a second simulator can stand for "the same KMS at another site".
//
// Pure functions, safe from any thread. OpenSSL failing (out of memory) throws std::runtime_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// `size` bytes that depend on `root` and `label` and on nothing else.
std::string derive_bytes(std::string_view root, std::string_view label, std::size_t size);

/// A number from 0 to `bound` - 1, derived in the same way.
std::uint64_t derive_number(std::string_view root, std::string_view label, std::uint64_t bound);

/// A uuid in the usual text form (version 4 layout), derived in the same way.
std::string derive_uuid(std::string_view root, std::string_view label);

std::string sha256(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);

/// Lower-case hexadecimal digits.
std::string hex(std::string_view bytes);

/// Standard base64 with padding, no line breaks.
std::string base64(std::string_view bytes);

/// The bytes behind strict base64 text; empty and `false` in `ok` when it is not base64.
std::string unbase64(std::string_view text, bool& ok);

}  // namespace vtpmfs::simulator
