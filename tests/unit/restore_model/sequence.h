// Sequences of operations: made by chance, run against the model, cut down to what fails.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/unit/restore_model/operation.h"
#include "tests/unit/restore_model/shrink.h"

namespace vtpmfs::fs::restore_model {

using Sequence = std::vector<Operation>;

/// Some copies of sets, whole or not, with other operations in between. The same seed gives the
/// same sequence.
Sequence sequence_of(unsigned seed);

/// The first difference between restore/ and the model. `closely`: all of the tree is compared
/// after each operation, not now and then.
std::optional<Difference> first_difference(const Sequence& sequence, bool closely);

/// A part of it that still ends with a difference, and of which nothing can be left out.
Sequence shortest(Sequence sequence);

/// The lines of it, to be printed and read back.
std::string lines_of(const Sequence& sequence);

}  // namespace vtpmfs::fs::restore_model
