// The bytes of staged files: the part of DiskStagingStore that reads and writes data files, and
// what is done with them when the store is opened.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "cache/staging/disk_error.h"
#include "cache/staging/disk_staging_store.h"

namespace vtpmfs::cache {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

Status make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return disk_error(path);
  return {};
}

}  // namespace

Result<std::unique_ptr<StagingStore>> StagingStore::open(const std::string& directory,
                                                         const Clock& clock, StagingLimits limits) {
  auto store = std::make_unique<DiskStagingStore>(directory, clock, limits);
  if (auto loaded = store->load(); !loaded) return fail(loaded.error());
  return std::unique_ptr<StagingStore>(std::move(store));
}

Status DiskStagingStore::load() {
  if (auto made = make_directory(directory_); !made) return made;
  if (auto made = make_directory(directory_ + "/data"); !made) return made;
  auto log = IndexLog::open(directory_ + "/index",
                            [this](const IndexRecord& change) { names_.apply(change); });
  if (!log) return fail(log.error());
  log->reset();
  // Numbers of records that a crash tore off may be on a user's screen still: leave a gap.
  constexpr StagedId kGap = 1000;
  IndexRecord gap;
  gap.id = names_.next_id() + kGap;
  names_.apply(gap);
  // Written anew without its history, so that the log does not grow from mount to mount; what was
  // removed is forgotten with it.
  names_.drop_temporary();
  const auto records = names_.snapshot();
  names_ = StagedNamespace();
  for (const IndexRecord& change : records) names_.apply(change);
  // First what makes room: the index is written anew beside the old one.
  if (auto removed = remove_orphans(); !removed) return removed;
  return compact();
}

Status DiskStagingStore::remove_orphans() {
  const std::string data = directory_ + "/data";
  const std::unique_ptr<DIR, CloseDirectory> listing(opendir(data.c_str()));
  if (!listing) return disk_error(data);
  while (const dirent* entry =
             readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    const std::string file = entry->d_name;
    if (file == "." || file == "..") continue;
    char* end = nullptr;
    const StagedId id = std::strtoull(file.c_str(), &end, 10);
    const StagedNode* known = *end == '\0' ? names_.find(id) : nullptr;
    struct stat info {};
    if (known == nullptr || known->directory || std::to_string(id) != file ||
        stat(data_path(id).c_str(), &info) != 0) {
      if (::unlink((data + "/" + file).c_str()) != 0) return disk_error(data + "/" + file);
      continue;
    }
    sizes_[id] = static_cast<uint64_t>(info.st_size);
    total_bytes_ += static_cast<uint64_t>(info.st_size);
    if (known->mtime_set) continue;
    StagedNode& node = *names_.find(id);
    node.mtime = WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                          std::chrono::nanoseconds(info.st_mtim.tv_nsec));
    node.ctime = std::max(node.ctime, node.mtime);
  }
  return {};
}

Result<std::shared_ptr<DataFile>> DiskStagingStore::data(StagedId id) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(id);
  if (!found) return fail(found.error());
  if ((*found)->directory) return fail(EISDIR, "a directory has no bytes");
  if (const auto open_file = held_.find(id); open_file != held_.end() && open_file->second)
    return open_file->second;
  // Made anew only where a crash has lost it: one that is gone from under us is not an empty file.
  const int made = sizes_.count(id) > 0 ? 0 : O_CREAT;
  auto file = std::make_shared<DataFile>(
      ::open(data_path(id).c_str(), O_RDWR | made | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file->fd() < 0 && errno == EROFS)
    file = std::make_shared<DataFile>(
        ::open(data_path(id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), true);
  if (file->fd() < 0) return disk_error("a staged file cannot be opened");
  if ((*found)->holders > 0 && !file->read_only()) held_[id] = file;
  return file;
}

Result<std::shared_ptr<DataFile>> DiskStagingStore::data_to_change(StagedId id) {
  auto file = data(id);
  if (file && (*file)->read_only())
    return fail(EROFS, "a staged file cannot be written: the disk is read-only");
  return file;
}

Result<std::string> DiskStagingStore::read(StagedId file, uint64_t offset, size_t size) {
  const auto bytes = data(file);
  if (!bytes) return fail(bytes.error());
  {
    // No more than there is: whoever asks for "all, but at most a limit" does not pay for the
    // limit.
    const std::lock_guard hold_lock(lock_);
    const auto known = sizes_.find(file);
    const uint64_t end = known == sizes_.end() ? 0 : known->second;
    size = offset >= end ? 0 : static_cast<size_t>(std::min<uint64_t>(size, end - offset));
  }
  std::string out(size, '\0');
  size_t at = 0;
  while (at < size) {
    const ssize_t got =
        ::pread((*bytes)->fd(), out.data() + at, size - at, static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return disk_error("a staged file cannot be read");
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  out.resize(at);
  return out;
}

/// Before a file's bytes change up to `end`: counts the change, makes room within the limits, and
/// lets the file's time follow the clock again. That is recorded first: a new content under a time
/// that a user set for the old one would be skipped by rsync. lock_ held.
Status DiskStagingStore::begin_change(StagedId file, uint64_t end, uint64_t& reserved) {
  const auto found = node(file);
  if (!found) return fail(found.error());
  const auto size = sizes_.find(file);
  const uint64_t known = size == sizes_.end() ? 0 : size->second;
  reserved = end > known ? end - known : 0;
  if (reserved > 0 &&
      (total_bytes_ > limits_.total_bytes || reserved > limits_.total_bytes - total_bytes_))
    return fail(ENOSPC, "restore/ holds as many bytes as it may");
  if ((*found)->mtime_set) {
    StagedNode changed;
    changed.permissions = (*found)->permissions;
    changed.uid = (*found)->uid;
    changed.gid = (*found)->gid;
    changed.atime = (*found)->atime;
    changed.mtime = changed.ctime = clock_.now();
    if (auto done = record_attributes(file, changed); !done) return done;
  }
  total_bytes_ += reserved;
  ++names_.find(file)->content_version;
  return {};
}

/// After it, also where it failed half way: the size is what the disk says. The data file gets the
/// time that is shown, so that it is the same after a remount. lock_ held.
void DiskStagingStore::end_change(StagedId file, const DataFile& bytes, uint64_t reserved) {
  total_bytes_ -= reserved;
  StagedNode* staged = names_.find(file);
  if (staged == nullptr) return;  // removed meanwhile, and nobody holds it
  struct stat info {};
  if (fstat(bytes.fd(), &info) == 0) {
    uint64_t& size = sizes_[file];
    total_bytes_ += static_cast<uint64_t>(info.st_size) - size;  // modulo 2^64: it may shrink
    size = static_cast<uint64_t>(info.st_size);
  }
  ++staged->content_version;
  if (staged->mtime_set) return;  // set while the bytes were written
  staged->mtime = staged->ctime = clock_.now();
  const auto since = staged->mtime.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds.count(), (since - seconds).count()}};
  futimens(bytes.fd(), times);  // a time that cannot be kept is only a time
}

Result<size_t> DiskStagingStore::write(StagedId file, uint64_t offset, std::string_view bytes) {
  if (offset > limits_.file_bytes || bytes.size() > limits_.file_bytes - offset)
    return fail(EFBIG,
                "a staged file has at most " + std::to_string(limits_.file_bytes) + " bytes");
  const auto data_file = data_to_change(file);
  if (!data_file) return fail(data_file.error());
  if (bytes.empty()) return size_t{0};
  uint64_t reserved = 0;
  {
    const std::lock_guard hold_lock(lock_);
    if (auto may = begin_change(file, offset + bytes.size(), reserved); !may)
      return fail(may.error());
  }
  Result<size_t> result = bytes.size();
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t put = ::pwrite((*data_file)->fd(), bytes.data() + at, bytes.size() - at,
                                 static_cast<off_t>(offset + at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      result = disk_error("a staged file cannot be written");
      break;
    }
    at += static_cast<size_t>(put);
  }
  const std::lock_guard hold_lock(lock_);
  end_change(file, **data_file, reserved);
  return result;
}

Status DiskStagingStore::truncate(StagedId file, uint64_t size) {
  if (size > limits_.file_bytes)
    return fail(EFBIG,
                "a staged file has at most " + std::to_string(limits_.file_bytes) + " bytes");
  const auto bytes = data_to_change(file);
  if (!bytes) return fail(bytes.error());
  const std::lock_guard hold_lock(lock_);
  uint64_t reserved = 0;
  if (auto may = begin_change(file, size, reserved); !may) return may;
  Status result;
  if (ftruncate((*bytes)->fd(), static_cast<off_t>(size)) != 0)
    result = disk_error("a staged file cannot be cut");
  end_change(file, **bytes, reserved);
  return result;
}

Status DiskStagingStore::fsync(StagedId id) {
  std::vector<StagedId> files;
  bool directory = false;
  {
    const std::lock_guard hold_lock(lock_);
    const auto found = node(id);
    if (!found) return fail(found.error());
    directory = (*found)->directory;
    if (!directory) files.push_back(id);
    for (const auto& [name, child] : (*found)->children)
      if (!names_.find(child)->directory) files.push_back(child);
  }
  for (const StagedId each : files) {
    auto file = data(each);
    if (!file && directory && file.error().code == Errno{ENOENT}) continue;  // removed meanwhile
    if (!file) return fail(file.error());
    if (::fsync((*file)->fd()) != 0) return disk_error("a staged file cannot be made durable");
  }
  return sync_names();
}

Status DiskStagingStore::sync_names() {
  const DataFile folder(::open((directory_ + "/data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0)
    return disk_error("staged files cannot be made durable");
  std::shared_ptr<const IndexLog> log;
  {
    const std::lock_guard hold_lock(lock_);
    log = log_;
  }
  if (!log) return fail(EIO, "the staging index was lost");
  return log->sync();
}

Result<uint64_t> DiskStagingStore::content_version(StagedId file) {
  const std::lock_guard hold_lock(lock_);
  const auto found = node(file);
  if (!found) return fail(found.error());
  return (*found)->content_version;
}

void DiskStagingStore::hold(StagedId file) {
  const std::lock_guard hold_lock(lock_);
  if (StagedNode* staged = names_.find(file)) ++staged->holders;
}

void DiskStagingStore::let_go(StagedId file) {
  const std::lock_guard hold_lock(lock_);
  StagedNode* staged = names_.find(file);
  if (staged == nullptr || staged->holders == 0 || --staged->holders > 0) return;
  held_.erase(file);
  if (staged->parent == 0 && !names_.is_root(file)) drop(file);
}

void DiskStagingStore::drop(StagedId id) {
  if (const auto size = sizes_.find(id); size != sizes_.end()) {
    total_bytes_ -= size->second;
    sizes_.erase(size);
  }
  if (const StagedNode* staged = names_.find(id); staged != nullptr && !staged->directory)
    ::unlink(data_path(id).c_str());  // what cannot be removed now is an orphan at the next start
  held_.erase(id);
  names_.forget(id);
}

void DiskStagingStore::drop_all(const std::vector<StagedId>& ids) {
  for (const StagedId id : ids)
    if (const StagedNode* staged = names_.find(id); staged != nullptr && staged->holders == 0)
      drop(id);
}

}  // namespace vtpmfs::cache
