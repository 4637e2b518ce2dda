#include "fs/audit/tree_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace vtpmfs::fs {
namespace {

constexpr size_t kPieceBytes = 128UL << 10;

std::string words_of(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<Error> failed(int error) {
  return fail(error, words_of(error));
}

/// O_NOATIME is for who owns the file.
int open_quietly(int directory, const char* name, int flags) {
  const int opened = openat(directory, name, flags | O_CLOEXEC | O_NOATIME);
  if (opened >= 0 || errno != EPERM) return opened;
  return openat(directory, name, flags | O_CLOEXEC);
}

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
// A FIFO must not make us wait for who writes into it.
constexpr int kFile = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

EntryKind kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return EntryKind::directory;
  return S_ISREG(mode) ? EntryKind::regular : EntryKind::other;
}

FileContent unreadable(int error) {
  FileContent content;
  content.state = FileContent::State::unreadable;
  content.trouble = words_of(error);
  return content;
}

/// All bytes from the descriptor, but never more than `max_bytes`: it may grow while it is read.
FileContent read_to_end(int descriptor, uint64_t max_bytes, bool keep) {
  FileContent content;
  cache::Sha256 hash;
  const auto piece = std::make_unique<std::array<char, kPieceBytes>>();
  for (;;) {
    const ssize_t got = ::read(descriptor, piece->data(), piece->size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) break;
    content.size += static_cast<uint64_t>(got);
    if (content.size > max_bytes) {
      content.state = FileContent::State::too_large;
      content.bytes.clear();
      return content;
    }
    const std::string_view bytes(piece->data(), static_cast<size_t>(got));
    hash.update(bytes);
    if (keep) content.bytes += bytes;
  }
  content.state = FileContent::State::whole;
  content.hash = hash.finish();
  return content;
}

}  // namespace

Result<TreeDirectory> TreeDirectory::of(int descriptor) {
  if (descriptor < 0) return failed(errno);
  TreeDirectory directory(descriptor, {});
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return failed(errno);
  directory.id_ = {info.st_dev, info.st_ino};
  return directory;
}

Result<TreeDirectory> TreeDirectory::open(const std::string& path) {
  return of(open_quietly(AT_FDCWD, path.c_str(), kDirectory));
}

TreeDirectory::TreeDirectory(TreeDirectory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), id_(other.id_) {}

TreeDirectory& TreeDirectory::operator=(TreeDirectory&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(id_, other.id_);
  return *this;
}

TreeDirectory::~TreeDirectory() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<TreeDirectory> TreeDirectory::enter(std::string_view path) const {
  auto at = of(open_quietly(descriptor_, ".", kDirectory));
  while (at && !path.empty()) {
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    at = of(open_quietly(at->descriptor_, name.c_str(), kDirectory | O_NOFOLLOW));
  }
  return at;
}

Status TreeDirectory::list(const std::function<void(std::string_view, EntryKind)>& entry) const {
  // A stream of its own, which closes its descriptor and reads from the start.
  const int own = open_quietly(descriptor_, ".", kDirectory);
  if (own < 0) return failed(errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(own), closedir);
  if (!stream) {
    const int error = errno;
    close(own);
    return failed(error);
  }
  for (;;) {
    errno = 0;
    const dirent* found =
        readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): one stream a thread
    if (found == nullptr) break;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    EntryKind kind = kind_of(DTTOIF(found->d_type));
    if (found->d_type == DT_UNKNOWN) {
      struct stat info {};
      if (fstatat(own, found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        kind = kind_of(info.st_mode);
    }
    entry(name, kind);
  }
  if (errno != 0) return failed(errno);
  return {};
}

FileContent TreeDirectory::read(const std::string& name, uint64_t max_bytes, bool keep) const {
  FileContent content;
  struct stat info {};
  if (fstatat(descriptor_, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? content : unreadable(errno);
  // Opening a device may do something, so it is looked at before and after.
  content.state = FileContent::State::not_regular;
  if (!S_ISREG(info.st_mode)) return content;
  const int opened = open_quietly(descriptor_, name.c_str(), kFile);
  if (opened < 0) return errno == ELOOP ? content : unreadable(errno);
  const std::unique_ptr<const int, void (*)(const int*)> closer(&opened,
                                                                [](const int* it) { close(*it); });
  if (fstat(opened, &info) != 0) return unreadable(errno);
  if (!S_ISREG(info.st_mode)) return content;
  content.state = FileContent::State::too_large;
  content.size = static_cast<uint64_t>(info.st_size);
  if (content.size > max_bytes) return content;
  content = read_to_end(opened, max_bytes, keep);
  content.modified_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  return content;
}

}  // namespace vtpmfs::fs
