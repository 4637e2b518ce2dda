// Base64 with padding (RFC 4648 section 4), as VI JSON and key locators hold it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::cache {

std::string base64_encode(std::string_view bytes);

/// Strict: full padding, no white space, no other characters, the unused bits of the last digit
/// zero; so each text that is accepted is the one encoding of its bytes. Empty optional otherwise.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace vtpmfs::cache
