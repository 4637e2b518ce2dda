// Step 6 of a restore: is what the vCenter has now what was saved?
#pragma once

#include <string>
#include <vector>

#include "cache/saved/saved_set.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::fs {

struct ReadBack {
  Status verdict;                    ///< the hard conditions: EIO with the one that does not hold
  bool certificates_differ = false;  ///< worth one edit of the device
  std::vector<std::string> warnings;
};

/// Hard: keyId and provider, firmware, exactly one vTPM, powered off, and the bundle: equal or the
/// saved pair still among its pairs; re-wrapped for the same key only where that is accepted; no
/// pair for the key fails. CSRs are never compared (the server makes them), certificates as a set.
/// nvram's bytes are compared by the upload step.
ReadBack judge_read_back(const vsphere::VmDetail& found, const cache::SavedSet& saved,
                         bool accept_rewrapped);

}  // namespace vtpmfs::fs
