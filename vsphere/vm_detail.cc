#include "vsphere/vm_detail.h"

#include <algorithm>

namespace vtpmfs::vsphere {

const Error* VmDetail::why_unreadable(std::string_view property) const {
  const auto found = std::find_if(unreadable.begin(), unreadable.end(),
                                  [&](const Unreadable& u) { return u.property == property; });
  return found == unreadable.end() ? nullptr : &found->error;
}

}  // namespace vtpmfs::vsphere
