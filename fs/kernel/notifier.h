// Tells the kernel to forget what it cached.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "fs/node.h"

namespace vtpmfs::fs::kernel {

/// A queue and one thread of its own, because the kernel takes locks that requests hold which wait
/// for our answers: a notification must never be sent on the way to an answer, nor with a lock held
/// that one needs. Callers publish their new state first and then only queue.
///
/// The queue is a set, and what the kernel does not know is left out, so it never grows beyond one
/// item for each name and inode that the kernel can have cached. Entries and attributes go first:
/// invalidating pages waits for a READ of them that waits for the network; the others never do.
/// Refused notifications (not cached, connection gone) need nothing. Thread-safe.
class Notifier final : public KernelNotifier {
 public:
  /// How to send; both return 0 or -errno, and may block. `known`: has the kernel seen that inode?
  struct Kernel {
    std::function<bool(InodeNumber)> known;
    std::function<int(InodeNumber parent, const std::string& name)> invalidate_entry;
    std::function<int(InodeNumber)> invalidate_inode;
    std::function<int(InodeNumber)> invalidate_attributes;
  };

  explicit Notifier(Kernel kernel);
  ~Notifier() override;

  void invalidate_entry(InodeNumber parent, const std::string& name) override;
  void invalidate_inode(InodeNumber inode) override;
  void invalidate_attributes(InodeNumber inode) override;

  /// Forgets what is queued and returns when nothing is being sent any more. Requests must still be
  /// served meanwhile: the notification in flight may wait for one. Later ones are dropped.
  void stop();
  [[nodiscard]] size_t queued() const;

 private:
  void run();

  const Kernel kernel_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<InodeNumber, std::string>> entries_;
  std::set<InodeNumber> attributes_;
  std::set<InodeNumber> inodes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vtpmfs::fs::kernel
