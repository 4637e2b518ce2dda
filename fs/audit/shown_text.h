// Names and words of others, as they may be shown on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::fs {

/// `text` with everything that could move a cursor, hide or reorder what stands beside it written
/// as C does (\n, \033, \303): control characters (also C1), bytes that are no UTF-8, the marks
/// that change the direction of writing, line separators, and the backslash itself. What comes out
/// is UTF-8 of one line and has one meaning.
std::string shown(std::string_view text);

/// How many columns shown() text takes, each character counted as one.
size_t columns(std::string_view text);

/// One line for each row, columns apart by two blanks and aligned by the widest cell (at most
/// `widest`, longer ones push the rest of their line). The last column is not padded.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head, size_t widest = 60);
  /// Cells are passed through shown() here.
  void add(const std::vector<std::string>& cells);
  [[nodiscard]] bool empty() const { return rows_.size() == 1; }
  [[nodiscard]] std::string text() const;

 private:
  size_t widest_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace vtpmfs::fs
