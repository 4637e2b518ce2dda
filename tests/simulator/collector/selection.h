// Which objects a PropertyFilterSpec means.
#pragma once

#include <vector>

#include "tests/simulator/collector/filter_spec.h"
#include "tests/simulator/collector/viewpoint.h"

namespace vtpmfs::simulator {

struct Selection {
  /// Each once, in the order in which they were found; only those of a type that a PropertySpec
  /// names.
  std::vector<Ref> objects;
  /// Starts that do not exist, where the spec wants them reported.
  std::vector<Ref> missing;
};

/// Walks the spec's traversals. check_paths() has looked at their paths by declared type.
/// ManagedObjectNotFound for a start that does not exist (unless they are to be reported),
/// InvalidProperty for a path that its type does not have. Objects that the viewer may not see are
/// left out, unless named as a start. Wants the inventory's lock, shared.
[[nodiscard]] Outcome<Selection> select(const FilterSpec& spec, const Viewpoint& viewpoint);

}  // namespace vtpmfs::simulator
