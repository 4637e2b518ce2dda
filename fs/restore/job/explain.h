// From an error to a sentence that a person can act on.
#pragma once

#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

struct Explanation {
  Errno code;
  std::string reason;
  std::string what_to_do;
};

/// The errno of SPEC's table, why in plain words, and the step that mends it. Decides by the
/// fault's type, message keys and fields, never by localised text.
Explanation explain(const Error& error);

/// The fault is about the endorsement key certificates or the vTPM device itself: only then another
/// form of the device may be tried. Never for key, policy, name, space, timeout or a lost reply.
bool is_about_the_tpm(const Error& error);

}  // namespace vtpmfs::fs
