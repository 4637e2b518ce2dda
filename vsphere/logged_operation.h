// Which of vCenter's operations a line of the log is about.
#pragma once

#include <string>

namespace vtpmfs::vsphere {

/// While it lives, what this thread logs belongs to this operation: the log tells its id, under
/// which vCenter's own log (opID in vpxd.log) has the other side. Scopes nest; an empty id leaves
/// the outer one.
class LoggedOperation {
 public:
  explicit LoggedOperation(const std::string& id);
  LoggedOperation(const LoggedOperation&) = delete;
  LoggedOperation& operator=(const LoggedOperation&) = delete;
  ~LoggedOperation();

  /// The calling thread's; empty where there is none.
  static const std::string& current();

 private:
  std::string outer_;
};

}  // namespace vtpmfs::vsphere
