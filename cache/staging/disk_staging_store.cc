#include "cache/staging/disk_staging_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cache/staging/disk_error.h"

namespace vtpmfs::cache {

DataFile::~DataFile() {
  if (fd_ >= 0) close(fd_);
}

std::string DiskStagingStore::data_path(StagedId id) const {
  return directory_ + "/data/" + std::to_string(id);
}

Result<StagedNode*> DiskStagingStore::node(StagedId id) {
  StagedNode* found = names_.find(id);
  if (found == nullptr) return fail(ENOENT, "the staged file is gone");
  return found;
}

Status DiskStagingStore::record(const IndexRecord& change) {
  if (!log_) return fail(EIO, "the staging index was lost; nothing can be staged until a remount");
  if (auto appended = log_->append(change); !appended) return appended;
  drop_all(names_.apply(change));
  if (log_->size() >= compact_at_) {
    // The record is written whatever comes of this. Where there is no room, later.
    if (auto compacted = compact(); !compacted) compact_at_ *= 2;
  }
  return {};
}

Status DiskStagingStore::compact() {
  constexpr uint64_t kSmall = 16ULL << 20;
  constexpr uint64_t kGrowth = 4;
  const std::string index = directory_ + "/index";
  const auto records = names_.snapshot();
  auto rewritten =
      IndexLog::rewrite(index, [&](const std::function<Status(const IndexRecord&)>& put) -> Status {
        for (const IndexRecord& change : records)
          if (auto done = put(change); !done) return done;
        return {};
      });
  if (!rewritten) return rewritten;
  auto fresh = IndexLog::open(index, [](const IndexRecord&) {});
  if (!fresh) {
    log_.reset();  // the old one has no name any more: what it took would be lost
    return fail(fresh.error());
  }
  log_ = std::move(*fresh);
  compact_at_ = std::max(kSmall, kGrowth * log_->size());
  // Only now: whatever comes of it, records go to the file that has the name.
  return IndexLog::sync_name(index);
}

Result<StagedId> DiskStagingStore::root(const std::string& datacenter) {
  const std::lock_guard hold_lock(lock_);
  if (const StagedId known = names_.root_of(datacenter); known != 0) return known;
  IndexRecord change;
  change.action = IndexAction::root;
  change.id = names_.next_id();
  change.directory = true;
  change.name = datacenter;
  change.permissions = 0700;
  change.uid = geteuid();
  change.gid = getegid();
  change.atime = change.mtime = change.ctime = clock_.now();
  if (auto done = record(change); !done) return fail(done.error());
  return change.id;
}

Result<StagedAttributes> DiskStagingStore::attributes(StagedId id) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  const StagedNode& staged = **found;
  StagedAttributes out;
  out.id = id;
  out.directory = staged.directory;
  out.permissions = staged.permissions;
  out.uid = staged.uid;
  out.gid = staged.gid;
  out.atime = staged.atime;
  out.mtime = staged.mtime;
  out.ctime = staged.ctime;
  if (const auto size = sizes_.find(id); size != sizes_.end()) out.size = size->second;
  out.subdirectories = staged.subdirectories;
  return out;
}

Result<StagedId> DiskStagingStore::lookup(StagedId directory, const std::string& name) {
  const std::lock_guard hold_lock(lock_);
  return names_.child(directory, name);
}

Result<std::vector<StagedEntry>> DiskStagingStore::list(StagedId directory) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(directory);
  if (!found) return fail(found.error());
  if (!(*found)->directory) return fail(ENOTDIR, "not a directory");
  std::vector<StagedEntry> entries;
  entries.reserve((*found)->children.size());
  for (const auto& [name, id] : (*found)->children)
    entries.push_back({name, id, names_.find(id)->directory});
  return entries;
}

Result<StagedId> DiskStagingStore::parent(StagedId id) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  if ((*found)->parent == 0 && !names_.is_root(id))
    return fail(ENOENT, "the staged file was removed");
  return (*found)->parent;
}

Result<std::string> DiskStagingStore::name(StagedId id) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  return (*found)->name;
}

Result<StagedId> DiskStagingStore::create(StagedId directory, const std::string& name,
                                          bool is_directory, uint32_t permissions, uint32_t uid,
                                          uint32_t gid) {
  const std::lock_guard hold_lock(lock_);
  if (auto may = names_.may_create(directory, name, limits_); !may) return fail(may.error());
  IndexRecord change;
  change.action = IndexAction::create;
  change.id = names_.next_id();
  change.parent = directory;
  change.name = name;
  change.directory = is_directory;
  change.permissions = permissions;
  change.uid = uid;
  change.gid = gid;
  change.atime = change.mtime = change.ctime = clock_.now();
  if (!is_directory) {
    const DataFile file(::open(data_path(change.id).c_str(),
                               O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.fd() < 0) return disk_error("'" + name + "' cannot be staged");
  }
  if (auto done = record(change); !done) {
    if (!is_directory) ::unlink(data_path(change.id).c_str());
    return fail(done.error());
  }
  if (!is_directory) sizes_[change.id] = 0;
  return change.id;
}

Status DiskStagingStore::unlink(StagedId directory, const std::string& name) {
  const std::lock_guard hold_lock(lock_);
  if (auto may = names_.may_unlink(directory, name); !may) return may;
  IndexRecord change;
  change.action = IndexAction::unlink;
  change.parent = directory;
  change.name = name;
  change.ctime = clock_.now();
  return record(change);
}

Status DiskStagingStore::remove_directory(StagedId directory, const std::string& name) {
  const std::lock_guard hold_lock(lock_);
  if (auto may = names_.may_remove_directory(directory, name); !may) return may;
  IndexRecord change;
  change.action = IndexAction::unlink;
  change.parent = directory;
  change.name = name;
  change.ctime = clock_.now();
  return record(change);
}

Status DiskStagingStore::rename(StagedId from, const std::string& name, StagedId to,
                                const std::string& new_name, unsigned flags) {
  const std::lock_guard hold_lock(lock_);
  if (auto may = names_.may_rename(from, name, to, new_name, flags, limits_); !may) return may;
  IndexRecord change;
  change.action = (flags & 2U) != 0 ? IndexAction::exchange : IndexAction::rename;
  change.parent = from;
  change.name = name;
  change.id = to;
  change.value = new_name;
  change.ctime = clock_.now();
  return record(change);
}

Status DiskStagingStore::record_attributes(StagedId id, const StagedNode& node) {
  IndexRecord change;
  change.action = IndexAction::attributes;
  change.id = id;
  change.permissions = node.permissions;
  change.uid = node.uid;
  change.gid = node.gid;
  change.atime = node.atime;
  change.mtime = node.mtime;
  change.ctime = node.ctime;
  change.mtime_set = node.mtime_set;
  return record(change);
}

Status DiskStagingStore::set_attributes(StagedId id, std::optional<uint32_t> permissions,
                                        std::optional<uint32_t> uid, std::optional<uint32_t> gid,
                                        std::optional<WallTime> atime,
                                        std::optional<WallTime> mtime) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  StagedNode changed;
  changed.permissions = permissions.value_or((*found)->permissions);
  changed.uid = uid.value_or((*found)->uid);
  changed.gid = gid.value_or((*found)->gid);
  changed.atime = atime.value_or((*found)->atime);
  changed.mtime = mtime.value_or((*found)->mtime);
  changed.mtime_set = (*found)->mtime_set || mtime.has_value();
  changed.ctime = clock_.now();
  return record_attributes(id, changed);
}

Result<std::string> DiskStagingStore::get_xattr(StagedId id, const std::string& name) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  const auto value = (*found)->xattrs.find(name);
  if (value == (*found)->xattrs.end()) return fail(ENODATA, "no attribute " + name);
  return value->second;
}

Result<std::vector<std::string>> DiskStagingStore::list_xattr(StagedId id) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  std::vector<std::string> names;
  for (const auto& [name, value] : (*found)->xattrs) names.push_back(name);
  return names;
}

Status DiskStagingStore::set_xattr(StagedId id, const std::string& name, const std::string& value,
                                   int flags) {
  constexpr int kCreate = 1;   // XATTR_CREATE
  constexpr int kReplace = 2;  // XATTR_REPLACE
  constexpr size_t kLongestValue = 65536;
  constexpr size_t kMost = 256;
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  const bool present = (*found)->xattrs.count(name) > 0;
  if (flags == kCreate && present) return fail(EEXIST, "the attribute is there already");
  if (flags == kReplace && !present) return fail(ENODATA, "no attribute " + name);
  if (value.size() > kLongestValue) return fail(E2BIG, "the attribute is larger than 64 KiB");
  if (!present && (*found)->xattrs.size() >= kMost) return fail(ENOSPC, "too many attributes");
  IndexRecord change;
  change.action = IndexAction::set_xattr;
  change.id = id;
  change.name = name;
  change.value = value;
  change.ctime = clock_.now();
  return record(change);
}

Status DiskStagingStore::set_incomplete(StagedId file, int code) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(file);
  if (!found) return fail(found.error());
  if ((*found)->incomplete == code) return {};
  IndexRecord change;
  change.action = IndexAction::incomplete;
  change.id = file;
  if (code != 0) change.value = std::to_string(code);
  return record(change);
}

int DiskStagingStore::incomplete(StagedId file) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(file);
  return found ? (*found)->incomplete : 0;
}

Status DiskStagingStore::end_with_mount(StagedId directory) {
  {
    const std::lock_guard hold_lock(lock_);
    const auto found = node(directory);
    if (!found) return fail(found.error());
    if (!(*found)->temporary) {
      IndexRecord change;
      change.action = IndexAction::temporary;
      change.id = directory;
      if (auto done = record(change); !done) return done;
    }
  }
  return sync_names();
}

Status DiskStagingStore::remove_xattr(StagedId id, const std::string& name) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  if ((*found)->xattrs.count(name) == 0) return fail(ENODATA, "no attribute " + name);
  IndexRecord change;
  change.action = IndexAction::remove_xattr;
  change.id = id;
  change.name = name;
  change.ctime = clock_.now();
  return record(change);
}

}  // namespace vtpmfs::cache
