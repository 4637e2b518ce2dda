// One mount, put together: connection, model, restore area, tree, kernel session.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Owns everything, in the order in which it depends on each other. Starts threads: make it after
/// going into the background.
class Mount {
 public:
  /// Logs in, reads the inventory, opens the state directory and mounts. What is wrong before the
  /// mount answers is the error: EACCES for a refused login (exit status 77), else whatever it was,
  /// with one line of words.
  static Result<std::unique_ptr<Mount>> open(const Options& options,
                                             std::function<Result<std::string>()> password,
                                             const Environment& environment);
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// Serves until it is unmounted or end() is called. `answers` is called once, when the kernel's
  /// INIT has come.
  Status run(std::function<void()> answers);
  /// Ends run(), from any thread; also before it has begun.
  void end();

 private:
  struct Parts;
  explicit Mount(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The login was refused: never tried again by itself.
bool is_refused_login(const Error& error);

}  // namespace vtpmfs::fs
