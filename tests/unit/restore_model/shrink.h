// Cuts a list of operations down to what a difference needs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace vtpmfs::fs::restore_model {

struct Difference {
  size_t at = 0;  ///< number of the operation after which it was seen
  std::string words;
};

/// Leaves out pieces, from halves down to single operations, as long as `fails` still sees a
/// difference (whichever) in what is left. `fails` gives an optional Difference.
template <class Operation, class Fails>
std::vector<Operation> shrunk(std::vector<Operation> sequence, const Fails& fails) {
  if (const auto difference = fails(sequence)) sequence.resize(difference->at + 1);
  for (size_t piece = std::max<size_t>(1, sequence.size() / 2);;) {
    bool less = false;
    for (size_t at = 0; at < sequence.size();) {
      auto fewer = sequence;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(piece, fewer.size() - at)));
      if (const auto still = fails(fewer)) {
        fewer.resize(still->at + 1);
        sequence = std::move(fewer);
        less = true;
      } else {
        at += piece;
      }
    }
    if (piece == 1 && !less) return sequence;
    if (!less) piece = std::max<size_t>(1, piece / 2);
  }
}

}  // namespace vtpmfs::fs::restore_model
