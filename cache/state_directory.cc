#include "cache/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace vtpmfs::cache {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

tl::unexpected<Error> fail_with(int code, const std::string& what, const std::string& path) {
  return fail(code, what + " " + path + ": " + std::generic_category().message(code));
}

/// What lies in a directory is no more durable than the name of the directory itself.
Status keep_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Others' parents may be closed to us: then it was others who made what we find there.
  if (directory.get() < 0 && errno == EACCES) return {};
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return fail_with(errno, "cannot make durable", path);
  return {};
}

/// mkdir -p; what is made is for us alone.
Status make_with_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    const bool made = ::mkdir(part.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) {
      const int code = errno;
      // A parent that is there may be unwritable or on a read-only disk and need not be made.
      struct stat found = {};
      if (::stat(part.c_str(), &found) != 0) {
        return fail_with(code, "cannot make the state directory", part);
      }
    }
    const bool last = slash == std::string::npos;
    if (made || last)
      if (auto kept = keep_name(part); !kept) return kept;
    if (last) return {};
  }
}

/// Others' directories are refused: whoever owns it could swap what we keep there. Modes that are
/// too wide are ours to mend.
Status make_private(int fd, const std::string& path) {
  struct stat found = {};
  if (::fstat(fd, &found) != 0) return fail_with(errno, "cannot look at", path);
  if (found.st_uid != ::geteuid()) {
    return fail(EACCES, "the state directory " + path + " belongs to user " +
                            std::to_string(found.st_uid) + ", not to us");
  }
  if ((found.st_mode & 07777) != 0700 && ::fchmod(fd, 0700) != 0) {
    return fail_with(errno, "cannot make private", path);
  }
  return {};
}

std::string holder_in(int fd) {
  char text[32] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "another process" : "process " + pid;
}

Result<int> take_lock(int directory, const std::string& path) {
  Descriptor lock(::openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return fail_with(errno, "cannot open the lock in", path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_with(errno, "cannot lock", path);
    return fail(EBUSY, "the state directory " + path + " is in use by " + holder_in(lock.get()) +
                           ": one read-write mount at a time");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail_with(errno, "cannot write the lock in", path);
  }
  return lock.release();
}

}  // namespace

Result<StateDirectory> StateDirectory::open(const std::string& path, bool read_only) {
  if (path.empty()) return fail(EINVAL, "the state directory has no name");
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  if (const Status made = make_with_parents(trimmed); !made) return fail(made.error());
  const Descriptor directory(
      ::open(trimmed.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (directory.get() < 0) return fail_with(errno, "cannot open the state directory", trimmed);
  if (const Status made = make_private(directory.get(), trimmed); !made) return fail(made.error());
  if (read_only) return StateDirectory(trimmed, true, -1);
  auto lock = take_lock(directory.get(), trimmed);
  if (!lock) return fail(std::move(lock.error()));
  return StateDirectory(trimmed, false, *lock);
}

StateDirectory::StateDirectory(std::string path, bool read_only, int lock_fd)
    : path_(std::move(path)), read_only_(read_only), lock_fd_(lock_fd) {}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      read_only_(other.read_only_),
      lock_fd_(std::exchange(other.lock_fd_, -1)) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  if (this != &other) {
    if (lock_fd_ >= 0) ::close(lock_fd_);
    path_ = std::move(other.path_);
    read_only_ = other.read_only_;
    lock_fd_ = std::exchange(other.lock_fd_, -1);
  }
  return *this;
}

StateDirectory::~StateDirectory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);  // which unlocks; the file stays
}

}  // namespace vtpmfs::cache
