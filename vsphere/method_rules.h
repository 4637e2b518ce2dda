// What a method does to vCenter: the one place that decides it.
#pragma once

#include <string_view>

namespace vtpmfs::vsphere {

struct MethodRules {
  /// vCenter is another one after the call. A read-only connection refuses it.
  bool changes = true;
  /// May be sent again where no answer came.
  bool repeatable = false;
};

/// The rules of a method by its name on the wire. A name that is not on the list of reading methods
/// counts as one that changes something, so what was forgotten here is refused rather than sent.
MethodRules rules_of(std::string_view method);

}  // namespace vtpmfs::vsphere
