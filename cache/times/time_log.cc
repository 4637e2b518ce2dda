#include "cache/times/time_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace vtpmfs::cache {
namespace {

constexpr size_t kRecordBytes = 48;  // key 16, content 16, time 8, checksum 8; little endian
constexpr std::string_view kHead = "vtpmfs times, version 1: 48 bytes a record.....\n";
static_assert(kHead.size() == kRecordBytes);

tl::unexpected<Error> fail_with(int code, const char* what, const std::string& path) {
  return fail(code, std::string(what) + " " + path + ": " + std::generic_category().message(code));
}

class File {
 public:
  File(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

void put_number(std::string& bytes, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((value >> shift) & 0xff);
}

uint64_t get_number(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// FNV-1a: against accidents, not against people.
uint64_t checksum(std::string_view bytes) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string written(const std::vector<TimeRecord>& records) {
  std::string bytes;
  bytes.reserve(records.size() * kRecordBytes);
  for (const TimeRecord& record : records) {
    const size_t start = bytes.size();
    bytes.append(record.key.begin(), record.key.end());
    bytes.append(record.content.begin(), record.content.end());
    put_number(bytes, static_cast<uint64_t>(record.nanoseconds));
    put_number(bytes, checksum(std::string_view(bytes).substr(start)));
  }
  return bytes;
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_with(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string bytes;
  std::string piece(1 << 16, '\0');
  for (;;) {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_with(errno, "cannot read", path);
    if (size == 0) return bytes;
    bytes.append(piece, 0, static_cast<size_t>(size));
  }
}

}  // namespace

TimeLog::TimeLog(std::string directory, const std::string& name)
    : directory_(std::move(directory)), path_(directory_ + "/" + name) {}

Result<std::vector<TimeRecord>> TimeLog::read(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::vector<TimeRecord>();
    return fail_with(errno, "cannot open", path);
  }
  auto bytes = read_all(file.fd(), path);
  if (!bytes) return fail(std::move(bytes.error()));
  std::vector<TimeRecord> records;
  std::string_view rest = *bytes;
  if (rest.substr(0, kHead.size()) != kHead) return records;  // not ours, or another version's
  rest.remove_prefix(kHead.size());
  for (; rest.size() >= kRecordBytes; rest.remove_prefix(kRecordBytes)) {
    const std::string_view record = rest.substr(0, kRecordBytes);
    if (checksum(record.substr(0, 40)) != get_number(record.substr(40))) continue;
    TimeRecord& parsed = records.emplace_back();
    std::memcpy(parsed.key.data(), record.data(), parsed.key.size());
    std::memcpy(parsed.content.data(), record.data() + 16, parsed.content.size());
    parsed.nanoseconds = static_cast<int64_t>(get_number(record.substr(32)));
  }
  return records;
}

Status TimeLog::append(const std::vector<TimeRecord>& records) {
  if (records.empty()) return {};
  const File file(path_, O_WRONLY | O_CREAT | O_APPEND);
  if (file.fd() < 0) return fail_with(errno, "cannot open", path_);
  struct stat found = {};
  if (::fstat(file.fd(), &found) != 0) return fail_with(errno, "cannot look at", path_);
  std::string bytes;
  if (found.st_size == 0) {
    bytes = kHead;
  } else if (const off_t cut = found.st_size % static_cast<off_t>(kRecordBytes); cut != 0) {
    // A write that a crash cut off: fill it up, so that what follows is aligned again.
    bytes.assign(kRecordBytes - static_cast<size_t>(cut), '\0');
  }
  bytes += written(records);
  if (Status status = write_all(file.fd(), bytes, path_); !status) return status;
  if (::fdatasync(file.fd()) != 0) return fail_with(errno, "cannot sync", path_);
  size_ += records.size();
  return {};
}

Status TimeLog::replace(const std::vector<TimeRecord>& records) {
  const std::string beside = path_ + ".new";
  {
    const File file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.fd() < 0) return fail_with(errno, "cannot open", beside);
    const std::string bytes = std::string(kHead) + written(records);
    if (Status status = write_all(file.fd(), bytes, beside); !status) return status;
    if (::fsync(file.fd()) != 0) return fail_with(errno, "cannot sync", beside);
  }
  if (::rename(beside.c_str(), path_.c_str()) != 0)
    return fail_with(errno, "cannot replace", path_);
  const File directory(directory_, O_RDONLY | O_DIRECTORY);
  if (directory.fd() >= 0) ::fsync(directory.fd());
  size_ = records.size();
  return {};
}

}  // namespace vtpmfs::cache
