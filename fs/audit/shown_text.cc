#include "fs/audit/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "cache/saved/plain_text.h"

namespace vtpmfs::fs {
namespace {

/// The character at the start of `text`: how many bytes it has, 0 where they are no UTF-8.
size_t character_length(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size()); ++length)
    if (cache::is_utf8(text.substr(0, length))) return length;
  return 0;
}

uint32_t code_point(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(character[i]); };
  if (character.size() == 1) return byte(0);
  uint32_t point = byte(0) & (0xffU >> (character.size() + 1));
  for (size_t i = 1; i < character.size(); ++i) point = point << 6 | (byte(i) & 0x3fU);
  return point;
}

/// Moves the cursor, or changes how its neighbours are shown.
bool is_unruly(uint32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) ||  // C0, DEL, C1
         point == 0xad || point == 0x61c ||                  // soft hyphen, Arabic letter mark
         (point >= 0x200b && point <= 0x200f) ||             // of no width; direction marks
         (point >= 0x2028 && point <= 0x202e) ||             // separators; embeddings
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

std::string escaped(std::string_view bytes) {
  if (bytes == "\n") return "\\n";
  if (bytes == "\t") return "\\t";
  if (bytes == "\r") return "\\r";
  std::string text;
  for (const char byte : bytes) text += fmt::format("\\{:03o}", static_cast<uint8_t>(byte));
  return text;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<size_t>(length, 1));
    text.remove_prefix(character.size());
    if (length == 0 || is_unruly(code_point(character)))
      result += escaped(character);
    else if (character == "\\")
      result += "\\\\";
    else
      result += character;
  }
  return result;
}

size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0U) != 0x80; }));
}

TextTable::TextTable(std::vector<std::string> head, size_t widest)
    : widest_(widest), rows_{std::move(head)} {}

void TextTable::add(const std::vector<std::string>& cells) {
  auto& row = rows_.emplace_back();
  for (const std::string& cell : cells) row.push_back(shown(cell));
}

std::string TextTable::text() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], std::min(columns(row[i]), widest_));
  }
  std::string result;
  for (const auto& row : rows_) {
    std::string line;
    size_t blanks = 0;  // not yet written, for no line ends with blanks
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].empty()) {
        line.append(blanks, ' ');
        blanks = 0;
        line += row[i];
      }
      blanks += widths[i] + 2 - std::min(widths[i], columns(row[i]));
    }
    result += line + '\n';
  }
  return result;
}

}  // namespace vtpmfs::fs
