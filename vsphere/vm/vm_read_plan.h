// Which properties of a VM are read, and what a server turned out not to know.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::vsphere {

/// The paths of one read of VM details, and the memory for the life of a connection: a path that a
/// server does not know is asked for once only. The bundle and nvram's name are asked for by keyed
/// paths (`config.extraConfig["nvram"]`), because the whole of extraConfig is by far the largest
/// part of a VM's configuration; servers without keyed paths give the whole. Thread-safe.
class VmReadPlan {
 public:
  enum class ExtraConfig { keyed, whole };

  /// `always_whole`: there are --save-extra-config globs to be applied to all keys.
  explicit VmReadPlan(bool always_whole) : whole_(always_whole) {}

  [[nodiscard]] ExtraConfig extra_config() const;
  /// The paths to ask for; `wanted` whole where more than the two keys is needed this time.
  [[nodiscard]] std::vector<std::string> paths(ExtraConfig wanted) const;
  /// The server refuses this path. True where another read may do without: a keyed path (then the
  /// whole is read from now on) or a property that only helps. False for all that is needed.
  bool leave_out(std::string_view path);

 private:
  mutable std::mutex mutex_;
  bool whole_;
  std::set<std::string, std::less<>> left_out_;
};

}  // namespace vtpmfs::vsphere
