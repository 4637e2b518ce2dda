#include "fs/kernel/notifier.h"

#include <spdlog/spdlog.h>

#include <cerrno>

namespace vtpmfs::fs::kernel {
namespace {

void look_at(int status, const char* what, InodeNumber inode) {
  switch (-status) {
    case 0:
    case ENOENT:    // not cached
    case ENOTDIR:   // the kernel knows it as something else: looked up anew anyway
    case ENOTCONN:  // unmounted
    case ENODEV:
    case EPIPE:
    case ENOSYS:  // too old a kernel: the timeouts do it
      return;
    default:
      spdlog::debug("invalidating {} {:x}: errno {}", what, inode.value, -status);
  }
}

}  // namespace

Notifier::Notifier(Kernel kernel) : kernel_(std::move(kernel)), thread_([this] { run(); }) {}

Notifier::~Notifier() {
  stop();
}

void Notifier::invalidate_entry(InodeNumber parent, const std::string& name) {
  if (!kernel_.known(parent)) return;
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  entries_.emplace(parent, name);
  changed_.notify_one();
}

void Notifier::invalidate_inode(InodeNumber inode) {
  if (!kernel_.known(inode)) return;
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  inodes_.insert(inode);
  changed_.notify_one();
}

void Notifier::invalidate_attributes(InodeNumber inode) {
  if (!kernel_.known(inode)) return;
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  attributes_.insert(inode);
  changed_.notify_one();
}

void Notifier::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    entries_.clear();
    attributes_.clear();
    inodes_.clear();
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

size_t Notifier::queued() const {
  const std::lock_guard lock(mutex_);
  return entries_.size() + attributes_.size() + inodes_.size();
}

void Notifier::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stopping_ || !entries_.empty() || !attributes_.empty() || !inodes_.empty();
    });
    if (stopping_) return;
    if (!entries_.empty()) {
      const auto entry = std::move(entries_.extract(entries_.begin()).value());
      lock.unlock();
      look_at(kernel_.invalidate_entry(entry.first, entry.second), "an entry of", entry.first);
    } else if (!attributes_.empty()) {
      const InodeNumber inode = attributes_.extract(attributes_.begin()).value();
      lock.unlock();
      look_at(kernel_.invalidate_attributes(inode), "attributes of", inode);
    } else {
      const InodeNumber inode = inodes_.extract(inodes_.begin()).value();
      lock.unlock();
      look_at(kernel_.invalidate_inode(inode), "inode", inode);
    }
    lock.lock();
  }
}

}  // namespace vtpmfs::fs::kernel
