// One mount, put together: connection, model, restore area, tree, kernel session.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"
#include "vsphere/cancel.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Owns everything, in the order in which it depends on each other. Starts threads: make it after
/// going into the background.
class Mount {
 public:
  /// Logs in, reads the inventory, opens the state directory and mounts. What is wrong before the
  /// mount answers is the error: one with login_refused, EINTR once `cancel` was cancelled, else
  /// whatever it was, with one line of words; then everything is taken back, the session too.
  static Result<std::unique_ptr<Mount>> open(const Options& options,
                                             std::function<Result<std::string>()> password,
                                             const Environment& environment,
                                             const vsphere::CancelToken& cancel);
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// Serves until it is unmounted or end() is called. `answers` is called once, when the kernel's
  /// INIT has come.
  Status run(std::function<void()> answers);
  /// Ends run(), from any thread; also before it has begun.
  void end();
  /// The password may be another one now: a login that was refused is tried again. From any thread.
  void reload();

 private:
  struct Parts;
  explicit Mount(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace vtpmfs::fs
