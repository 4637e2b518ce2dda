// The bytes of staged files: the part of DiskStagingStore that reads and writes data files, and
// what is done with them when the store is opened.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "cache/staging/disk_staging_store.h"

namespace vtpmfs::cache {
namespace {

tl::unexpected<Error> disk_error(const std::string& what) {
  const int code = errno;
  return fail(code, what + ": " + std::generic_category().message(code));
}

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
  const std::string index = directory_ + "/index";
  auto log = IndexLog::open(index, [this](const IndexRecord& change) { names_.apply(change); });
  if (!log) return fail(log.error());
  log->reset();
  // Numbers of records that a crash tore off may be on a user's screen still: leave a gap.
  constexpr StagedId kGap = 1000;
  IndexRecord gap;
  gap.id = names_.next_id() + kGap;
  names_.apply(gap);
  // Written anew without its history, so that the log does not grow from mount to mount.
  const auto records = names_.snapshot();
  auto rewritten =
      IndexLog::rewrite(index, [&](const std::function<Status(const IndexRecord&)>& put) -> Status {
        for (const IndexRecord& change : records)
          if (auto done = put(change); !done) return done;
        return {};
      });
  if (!rewritten) return rewritten;
  names_ = StagedNamespace();
  auto fresh = IndexLog::open(index, [this](const IndexRecord& change) { names_.apply(change); });
  if (!fresh) return fail(fresh.error());
  log_ = std::move(*fresh);
  return remove_orphans();
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
    if (known == nullptr || known->directory || stat(data_path(id).c_str(), &info) != 0) {
      if (::unlink((data + "/" + file).c_str()) != 0) return disk_error(data + "/" + file);
      continue;
    }
    sizes_[id] = static_cast<uint64_t>(info.st_size);
    total_bytes_ += static_cast<uint64_t>(info.st_size);
    if (!known->mtime_set)
      names_.find(id)->mtime = WallTime(std::chrono::seconds(info.st_mtim.tv_sec) +
                                        std::chrono::nanoseconds(info.st_mtim.tv_nsec));
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
  auto file = std::make_shared<DataFile>(
      ::open(data_path(id).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file->fd() < 0) return disk_error("a staged file cannot be opened");
  if ((*found)->holders > 0) held_[id] = file;
  return file;
}

Result<std::string> DiskStagingStore::read(StagedId file, uint64_t offset, size_t size) {
  const auto bytes = data(file);
  if (!bytes) return fail(bytes.error());
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

/// The content is another one now: counts it, and lets its time follow the clock again.
Status DiskStagingStore::touched(StagedId id) {
  StagedNode* staged = names_.find(id);
  if (staged == nullptr) return {};
  ++staged->content_version;
  const bool was_set = staged->mtime_set;
  staged->mtime = staged->ctime = clock_.now();
  if (!was_set) return {};
  staged->mtime_set = false;
  return record_attributes(id, StagedNode(*staged));
}

Result<size_t> DiskStagingStore::write(StagedId file, uint64_t offset, std::string_view bytes) {
  if (offset > limits_.file_bytes || bytes.size() > limits_.file_bytes - offset)
    return fail(EFBIG,
                "a staged file has at most " + std::to_string(limits_.file_bytes) + " bytes");
  const auto data_file = data(file);
  if (!data_file) return fail(data_file.error());
  uint64_t grown = 0;
  {
    const std::lock_guard hold_lock(lock_);
    const uint64_t end = offset + bytes.size();
    grown = end > sizes_[file] ? end - sizes_[file] : 0;
    if (total_bytes_ + grown > limits_.total_bytes)
      return fail(ENOSPC, "restore/ holds as many bytes as it may");
  }
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t put = ::pwrite((*data_file)->fd(), bytes.data() + at, bytes.size() - at,
                                 static_cast<off_t>(offset + at));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const auto error = disk_error("a staged file cannot be written");
      const std::lock_guard hold_lock(lock_);
      struct stat info {};
      if (fstat((*data_file)->fd(), &info) == 0 && names_.find(file) != nullptr) {
        total_bytes_ += static_cast<uint64_t>(info.st_size) - sizes_[file];
        sizes_[file] = static_cast<uint64_t>(info.st_size);
        ++names_.find(file)->content_version;
      }
      return error;
    }
    at += static_cast<size_t>(put);
  }
  const std::lock_guard hold_lock(lock_);
  if (names_.find(file) == nullptr) return fail(ENOENT, "the staged file was removed");
  if (uint64_t& size = sizes_[file]; offset + bytes.size() > size) {
    total_bytes_ += offset + bytes.size() - size;
    size = offset + bytes.size();
  }
  if (auto done = touched(file); !done) return fail(done.error());
  return bytes.size();
}

Status DiskStagingStore::truncate(StagedId file, uint64_t size) {
  if (size > limits_.file_bytes)
    return fail(EFBIG,
                "a staged file has at most " + std::to_string(limits_.file_bytes) + " bytes");
  const auto bytes = data(file);
  if (!bytes) return fail(bytes.error());
  const std::lock_guard hold_lock(lock_);
  if (names_.find(file) == nullptr) return fail(ENOENT, "the staged file was removed");
  uint64_t& known = sizes_[file];
  if (size > known && total_bytes_ + (size - known) > limits_.total_bytes)
    return fail(ENOSPC, "restore/ holds as many bytes as it may");
  if (ftruncate((*bytes)->fd(), static_cast<off_t>(size)) != 0)
    return disk_error("a staged file cannot be cut");
  total_bytes_ += size - known;  // modulo 2^64, so that it shrinks too
  known = size;
  return touched(file);
}

Status DiskStagingStore::fsync(StagedId id) {
  std::shared_ptr<DataFile> bytes;
  bool directory = false;
  {
    const std::lock_guard hold_lock(lock_);
    const auto found = node(id);
    if (!found) return fail(found.error());
    directory = (*found)->directory;
  }
  if (!directory) {
    auto file = data(id);
    if (!file) return fail(file.error());
    if (::fsync((*file)->fd()) != 0) return disk_error("a staged file cannot be made durable");
  }
  const DataFile folder(::open((directory_ + "/data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0)
    return disk_error("staged files cannot be made durable");
  const std::lock_guard hold_lock(lock_);
  return log_->sync();
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
    ::unlink(data_path(id).c_str());  // what cannot be removed now is an orphan at the next start
  }
  held_.erase(id);
  names_.forget(id);
}

void DiskStagingStore::drop_all(const std::vector<StagedId>& ids) {
  for (const StagedId id : ids)
    if (const StagedNode* staged = names_.find(id); staged != nullptr && staged->holders == 0)
      drop(id);
}

}  // namespace vtpmfs::cache
