// The mount: from fuse_session_mount to unmount.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fs/kernel/request_counters.h"
#include "fs/node.h"

struct fuse_session;

namespace vtpmfs::fs::kernel {

struct Border;
class Notifier;

struct SessionSettings {
  /// As after -o, one each: "ro", "allow_other", "fsname=vc.example.com". Commas in values are
  /// escaped here. default_permissions and subtype=vtpmfs are always there.
  std::vector<std::string> options;
  /// Requests never block their thread on the network, so a few threads are enough.
  unsigned max_threads = 16;
  bool debug = false;  ///< libfuse's own trace of every request, into the log
  /// Called once from a thread of the session, when the kernel's INIT has come: the mount answers.
  std::function<void()> on_ready;
};

/// Owns the libfuse session, the tables and the notifier. The nodes may use notifier() as long as
/// this lives. Starts threads: make it after daemonizing.
///
/// Threads: run() blocks its caller; the loop and its workers are libfuse's, with all signals
/// blocked but one of our own (real-time, never sent from outside). exit() from any thread, not
/// from a signal handler.
///
/// End, in this order: everybody who waits is answered ENOTCONN, the notifier stops while requests
/// are still served, the loop ends, what is left is answered, the mount goes. A dead daemon leaves
/// ENOTCONN (no auto_unmount).
class FuseSession {
 public:
  /// Mounts `root` (inode 1) at `mount_point`.
  static Result<std::unique_ptr<FuseSession>> mount(NodePtr root, const std::string& mount_point,
                                                    SessionSettings settings);
  /// Speaks the protocol over a connected SOCK_SEQPACKET socket, which it owns from now on.
  static Result<std::unique_ptr<FuseSession>> over_socket(NodePtr root, int socket,
                                                          SessionSettings settings);
  ~FuseSession();
  FuseSession(const FuseSession&) = delete;
  FuseSession& operator=(const FuseSession&) = delete;

  /// Serves until somebody unmounts or calls exit(); unmounted when it returns. Once.
  Status run();
  /// Ends run() in bounded time, whoever is waiting for whatever.
  void exit();

  KernelNotifier& notifier();
  [[nodiscard]] RequestCounts counts() const;
  /// How many nodes the kernel knows, and how many files and directories are open.
  [[nodiscard]] size_t known_nodes() const;
  [[nodiscard]] size_t open_handles() const;

 private:
  FuseSession(NodePtr root, SessionSettings settings);
  Status make_session();
  void serve_until_exit();
  void close_down();

  const SessionSettings settings_;
  const std::unique_ptr<Border> border_;
  fuse_session* session_ = nullptr;
  bool mounted_ = false;
  std::unique_ptr<Notifier> notifier_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool exit_requested_ = false;
  bool loop_ended_ = false;
  int loop_status_ = 0;
};

}  // namespace vtpmfs::fs::kernel
