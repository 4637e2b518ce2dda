#include "vsphere/soap/text_check.h"

#include <algorithm>
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

constexpr size_t kReadableReference = 6;  // from '#' to before ';'

// A reference, from '&' to ';'.
struct Reference {
  size_t length = 0;       // 0: not a reference that XML knows
  uint32_t character = 0;  // 0 for the five named ones
};

Reference reference_at(std::string_view text) {
  for (const std::string_view named : {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"}) {
    if (text.starts_with(named)) return {named.size(), 0};
  }
  if (!text.starts_with("&#")) return {};
  const bool hexadecimal = text.substr(2).starts_with('x');
  const char* first = text.data() + (hexadecimal ? 3 : 2);
  const char* end = text.data() + text.size();
  uint32_t character = 0;
  const auto [stopped, error] = std::from_chars(first, end, character, hexadecimal ? 16 : 10);
  if (error != std::errc() || stopped == end || *stopped != ';' || !is_xml_character(character)) {
    return {};
  }
  return {static_cast<size_t>(stopped - text.data()) + 1, character};
}

bool is_long(const Reference& reference) {
  return reference.character != 0 && reference.length - 2 > kReadableReference;
}

// Text in which '&' means itself: its length with the brackets, npos when it does not end.
constexpr std::string_view kSectionStart = "<![CDATA[";
size_t section_at(std::string_view text) {
  constexpr std::string_view section_end = "]]>";
  const auto end = text.find(section_end);
  return end == std::string_view::npos ? end : end + section_end.size();
}

void append_utf8(std::string& text, uint32_t c) {
  const auto append = [&text](uint32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    text += "&#" + std::to_string(c) + ";";  // it may be markup
  } else if (c < 0x800) {
    append(0xC0 | c >> 6);
    append(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    append(0xE0 | c >> 12);
    append(0x80 | (c >> 6 & 0x3F));
    append(0x80 | (c & 0x3F));
  } else {
    append(0xF0 | c >> 18);
    append(0x80 | (c >> 12 & 0x3F));
    append(0x80 | (c >> 6 & 0x3F));
    append(0x80 | (c & 0x3F));
  }
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

TextCheck check_text(std::string_view xml) {
  TextCheck check;
  size_t section_end = 0;
  for (size_t at = 0; at < xml.size();) {
    if (xml.size() - at >= sizeof(uint64_t) && are_plain(xml.data() + at)) {
      at += sizeof(uint64_t);
      continue;
    }
    const auto rest = xml.substr(at);
    const auto c = static_cast<unsigned char>(rest[0]);
    if (c == 0) return {at_byte("a NUL", at)};
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      return {at_byte("a control character", at)};
    }
    if (c == '!' && at >= section_end && at > 0) {
      const auto markup = xml.substr(at - 1);
      if (markup.starts_with("<!DOCTYPE")) return {at_byte("a document type", at)};
      if (markup.starts_with(kSectionStart)) {
        const auto length = section_at(markup);
        if (length == std::string_view::npos) return {at_byte("an endless CDATA section", at)};
        section_end = at - 1 + length;
      }
    }
    if (c == '&' && at >= section_end) {
      const auto reference = reference_at(rest);
      if (reference.length == 0) return {at_byte("an unknown or forbidden reference", at)};
      check.has_long_references = check.has_long_references || is_long(reference);
    }
    const auto length = utf8_character(rest);
    if (length == 0) return {at_byte("a byte that is not UTF-8", at)};
    at += length;
  }
  return check;
}

std::string with_short_references(std::string_view xml) {
  std::string text;
  text.reserve(xml.size());
  // Looked for again only behind the section that was found: most texts have references and none.
  size_t section = xml.find(kSectionStart);
  for (size_t at = 0; at < xml.size();) {
    const size_t next = std::min({xml.find('&', at), section, xml.size()});
    text += xml.substr(at, next - at);
    const auto rest = xml.substr(next);
    size_t length = 0;
    if (next == section) {
      length = std::min(section_at(rest), rest.size());
      section = xml.find(kSectionStart, next + length);
    } else if (!rest.empty()) {
      const auto reference = reference_at(rest);
      length = std::max<size_t>(reference.length, 1);
      if (is_long(reference)) {
        append_utf8(text, reference.character);
        at = next + length;
        continue;
      }
    }
    text += rest.substr(0, length);
    at = next + length;
  }
  return text;
}

}  // namespace vtpmfs::vsphere
