#include "fs/kernel/encode.h"

#include <sys/stat.h>

#include <utility>

namespace vtpmfs::fs::kernel {

mode_t file_type(NodeType type) {
  switch (type) {
    case NodeType::directory:
      return S_IFDIR;
    case NodeType::symlink:
      return S_IFLNK;
    case NodeType::file:
      break;
  }
  return S_IFREG;
}

double seconds(std::chrono::milliseconds timeout) {
  return std::chrono::duration<double>(timeout).count();
}

timespec timespec_of(TimePoint time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  timespec result{};
  result.tv_sec = static_cast<time_t>(whole.time_since_epoch().count());
  result.tv_nsec = static_cast<long>((time - whole).count());
  return result;
}

TimePoint time_point(const timespec& time) {
  return TimePoint{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

struct stat stat_of(const Attributes& attributes) {
  struct stat result {};
  result.st_ino = attributes.ino.value;
  result.st_mode = file_type(attributes.type) | (attributes.permissions & 07777U);
  result.st_nlink = attributes.links;
  result.st_uid = attributes.uid;
  result.st_gid = attributes.gid;
  result.st_size = static_cast<off_t>(attributes.size);
  result.st_blksize = 4096;
  // Never 0 for a file with bytes: tar -S would store it as one hole.
  result.st_blocks = static_cast<blkcnt_t>((attributes.size + 511) / 512);
  result.st_atim = timespec_of(attributes.atime);
  result.st_mtim = timespec_of(attributes.mtime);
  result.st_ctim = timespec_of(attributes.ctime);
  return result;
}

Handover::~Handover() {
  for (const InodeNumber inode : references_) border_.inodes.forget(inode, 1);
  if (file_ != 0) border_.files.remove(file_);
  if (listing_ != 0) border_.listings.remove(listing_);
}

Result<fuse_entry_param> Handover::entry(const NodePtr& node, InodeNumber parent) {
  const bool known_before = border_.inodes.known(node->inode());
  Result<Attributes> attributes = node->attributes();
  if (!attributes) return fail(attributes.error());
  references_.reserve(references_.size() + 1);  // what is counted can be counted back
  if (const Status known = border_.inodes.remember(node, attributes->type, parent); !known) {
    return fail(known.error());
  }
  references_.push_back(node->inode());
  // A change is told only of what is known: one that came just before may have been told to nobody.
  if (!known_before) attributes = node->attributes();
  if (!attributes) return fail(attributes.error());
  fuse_entry_param entry{};
  entry.ino = node->inode().value;
  entry.attr = stat_of(*attributes);
  entry.attr_timeout = seconds(attributes->attribute_timeout);
  entry.entry_timeout = seconds(attributes->entry_timeout);
  return entry;
}

uint64_t Handover::open_file(OpenFilePtr file) {
  return file_ = border_.files.add(std::move(file));
}

uint64_t Handover::open_listing(OpenListingPtr listing) {
  return listing_ = border_.listings.add(std::move(listing));
}

void Handover::sent(int status) {
  if (status < 0) return;
  references_.clear();
  file_ = 0;
  listing_ = 0;
}

}  // namespace vtpmfs::fs::kernel
