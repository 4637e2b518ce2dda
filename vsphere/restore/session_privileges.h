// What our session may do, as vCenter's AuthorizationManager sees it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Asks by HasPrivilegeOnEntities: one call for all objects and privileges, and one more for the
/// session's key after each login. Blocking, thread-safe.
class SessionPrivileges {
 public:
  explicit SessionPrivileges(SoapCaller& caller) : caller_(caller) {}

  /// Those of `wanted` that the session does not have; what the server leaves out of its answer
  /// counts as had. EOPNOTSUPP where the server has no such service, else whatever a call may fail
  /// with.
  Result<std::vector<PrivilegeOn>> missing(const std::vector<PrivilegeOn>& wanted,
                                           const Call& call);

 private:
  Result<std::string> session_key(const Call& call);
  Result<std::string> read_session_key(const Call& call);

  SoapCaller& caller_;
  std::mutex lock_;
  uint64_t generation_ = 0;  ///< of the login that `key_` belongs to
  std::string key_;
};

}  // namespace vtpmfs::vsphere
