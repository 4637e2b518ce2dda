// restore/ against the model of SPEC.md, with random sequences of operations. A failure prints its
// seed and the shortest sequence that was found for it.
//
//   VTPMFS_MODEL_SEQUENCES=N   so many sequences with new seeds, in place of a few
//   VTPMFS_MODEL_SEED=N        this one
//   VTPMFS_MODEL_REPLAY=FILE   the sequence in this file, a line an operation
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>

#include "tests/unit/restore_model/sequence.h"

namespace vtpmfs::fs::restore_model {
namespace {

std::optional<std::string> word_of(const char* variable) {
  const char* word = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return word == nullptr ? std::nullopt : std::optional<std::string>(word);
}

void try_seed(unsigned seed) {
  const Sequence sequence = sequence_of(seed);
  if (!first_difference(sequence, false)) return;
  const Sequence least = shortest(sequence);
  const auto difference = first_difference(least, true);
  FAIL() << "seed " << seed << ", "
         << (difference ? difference->words : std::string("which could not be repeated"))
         << "; the last line of\n"
         << lines_of(least);
}

TEST(RestoreModel, FixedSequencesComeToWhatThePageSays) {
  constexpr unsigned kSequences = 2500;
  for (unsigned seed = 0; seed < kSequences && !::testing::Test::HasFailure(); ++seed)
    try_seed(seed);
}

void try_file(const std::string& path) {
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  Sequence sequence;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) sequence.push_back(operation_of(line));
  if (const auto difference = first_difference(sequence, true))
    FAIL() << "line " << difference->at + 1 << ": " << difference->words;
}

TEST(RestoreModel, NewSequencesComeToWhatThePageSays) {
  if (const auto path = word_of("VTPMFS_MODEL_REPLAY")) return try_file(*path);
  if (const auto seed = word_of("VTPMFS_MODEL_SEED"))
    return try_seed(static_cast<unsigned>(std::stoul(*seed)));
  const auto sequences = std::stoul(word_of("VTPMFS_MODEL_SEQUENCES").value_or("500"));
  const unsigned first = std::random_device{}();
  std::cout << "the first of " << sequences << " new seeds is " << first << std::endl;
  for (unsigned long i = 0; i < sequences && !::testing::Test::HasFailure(); ++i)
    try_seed(first + static_cast<unsigned>(i));
}

}  // namespace
}  // namespace vtpmfs::fs::restore_model
