#include "vsphere/soap/text_check.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace vtpmfs::vsphere {
namespace {

// The length of the well-formed UTF-8 character (RFC 3629) at the start of `text`, 0 when there is
// none.
size_t utf8_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return follows(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (first > 0xF4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return 4;
}

bool is_xml_character(uint32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

// The text after "&#": decimal, or x and hexadecimal, then ';'.
bool is_good_reference(std::string_view digits) {
  const bool hexadecimal = digits.starts_with('x');
  if (hexadecimal) digits.remove_prefix(1);
  uint32_t character = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] =
      std::from_chars(digits.data(), end, character, hexadecimal ? 16 : 10);
  return error == std::errc() && stopped != end && *stopped == ';' && is_xml_character(character);
}

// Eight bytes of plain ASCII text without markup of interest, which is nearly everything.
bool are_plain(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if ((word & 0x8080808080808080U) != 0) return false;
  const auto has_byte = [](uint64_t w, unsigned char b) {
    const uint64_t x = w ^ (0x0101010101010101U * b);
    return ((x - 0x0101010101010101U) & ~x & 0x8080808080808080U) != 0;
  };
  const bool has_control = ((word - 0x2020202020202020U) & ~word & 0x8080808080808080U) != 0;
  return !has_control && !has_byte(word, '&') && !has_byte(word, '!');
}

std::string at_byte(const char* flaw, size_t at) {
  return std::string(flaw) + " at byte " + std::to_string(at);
}

}  // namespace

std::string flaw_in_text(std::string_view xml) {
  for (size_t at = 0; at < xml.size();) {
    if (xml.size() - at >= sizeof(uint64_t) && are_plain(xml.data() + at)) {
      at += sizeof(uint64_t);
      continue;
    }
    const auto rest = xml.substr(at);
    const auto c = static_cast<unsigned char>(rest[0]);
    if (c == 0) return at_byte("a NUL", at);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return at_byte("a control character", at);
    if (c == '&' && rest.starts_with("&#") && !is_good_reference(rest.substr(2, 12))) {
      return at_byte("a reference to a character that XML forbids", at);
    }
    if (c == '!' && rest.starts_with("!DOCTYPE")) return at_byte("a document type", at);
    const auto length = utf8_character(rest);
    if (length == 0) return at_byte("a byte that is not UTF-8", at);
    at += length;
  }
  return {};
}

}  // namespace vtpmfs::vsphere
