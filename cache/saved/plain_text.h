// What may stand in a name: UTF-8 without control characters.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::cache {

/// True for well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// True where a byte below 0x20 or 0x7f is in the text.
bool has_control_characters(std::string_view text);

/// `text` for an error's words: control characters and broken UTF-8 become '?', and it is cut at
/// `max_bytes`. Whoever wrote a saved directory must not be able to write our log.
std::string printable(std::string_view text, size_t max_bytes = 80);

/// Without the white space (blank, tab, CR, LF) around it.
std::string_view trimmed(std::string_view text);

}  // namespace vtpmfs::cache
