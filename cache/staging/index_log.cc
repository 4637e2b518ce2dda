#include "cache/staging/index_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>

#include "cache/staging/disk_error.h"

namespace vtpmfs::cache {
namespace {

constexpr std::string_view kMagic = "vtpmfs staging 1\n";
constexpr uint32_t kLongestRecord = 1U << 20;

Status write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return disk_error("the staging index cannot be written");
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<std::string> read_whole(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return disk_error("the staging index cannot be read");
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return disk_error("the staging index cannot be read");
    if (got == 0) break;
    at += static_cast<size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

uint32_t checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string number(uint32_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

uint32_t number_at(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i)
    value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

std::string framed(const IndexRecord& record) {
  const std::string body = encode_record(record);
  return number(static_cast<uint32_t>(body.size())) + number(checksum(body)) + body;
}

/// Length of the part that is whole.
size_t replay_records(std::string_view bytes,
                      const std::function<void(const IndexRecord&)>& replay) {
  size_t at = kMagic.size();
  while (bytes.size() - at >= 8) {
    const uint32_t length = number_at(bytes.substr(at));
    const uint32_t expected = number_at(bytes.substr(at + 4));
    if (length > kLongestRecord || bytes.size() - at - 8 < length) break;
    const std::string_view body = bytes.substr(at + 8, length);
    if (checksum(body) != expected) break;
    const auto record = decode_record(body);
    if (!record) break;
    replay(*record);
    at += 8 + length;
  }
  return at;
}

}  // namespace

Result<std::unique_ptr<IndexLog>> IndexLog::open(
    const std::string& path, const std::function<void(const IndexRecord&)>& replay) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return disk_error(path);
  std::unique_ptr<IndexLog> log(new IndexLog(fd, 0));
  auto bytes = read_whole(fd);
  if (!bytes) return fail(bytes.error());
  // A crash while the first line was written leaves a part of it, and nothing else.
  if (bytes->size() < kMagic.size() && kMagic.substr(0, bytes->size()) == *bytes) {
    if (ftruncate(fd, 0) != 0) return disk_error(path);
    if (auto begun = write_whole(fd, kMagic); !begun) return fail(begun.error());
    log->size_ = kMagic.size();
    return log;
  }
  if (std::string_view(*bytes).substr(0, kMagic.size()) != kMagic)
    return fail(EIO, path + " is not a staging index of this version; move it away to begin anew");
  log->size_ = replay_records(*bytes, replay);
  // The torn rest, and the room that was kept: the store writes the log anew.
  if (ftruncate(fd, static_cast<off_t>(log->size_)) != 0) return disk_error(path);
  if (lseek(fd, static_cast<off_t>(log->size_), SEEK_SET) < 0) return disk_error(path);
  return log;
}

Status IndexLog::rewrite(
    const std::string& path,
    const std::function<Status(const std::function<Status(const IndexRecord&)>&)>& records) {
  const std::string fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return disk_error(fresh);
  std::string pending(kMagic);
  Status written = records([&](const IndexRecord& record) -> Status {
    pending += framed(record);
    if (pending.size() < (1U << 16)) return {};
    auto put = write_whole(fd, pending);
    pending.clear();
    return put;
  });
  if (written) written = write_whole(fd, pending);
  if (written && fsync(fd) != 0) written = disk_error(fresh);
  close(fd);
  if (written && rename(fresh.c_str(), path.c_str()) != 0) written = disk_error(path);
  if (!written) {
    unlink(fresh.c_str());
    return written;
  }
  return {};
}

Status IndexLog::sync_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  const int directory = ::open(slash == std::string::npos ? "." : path.substr(0, slash).c_str(),
                               O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return disk_error(path);
  Status durable;
  if (fsync(directory) != 0) durable = disk_error(path);
  close(directory);
  return durable;
}

IndexLog::~IndexLog() {
  close(fd_);
}

Status IndexLog::cut() {
  if (ftruncate(fd_, static_cast<off_t>(size_)) != 0 ||
      lseek(fd_, static_cast<off_t>(size_), SEEK_SET) < 0)
    return disk_error("the staging index cannot be mended");
  torn_ = false;
  kept_ = 0;  // cut off with the rest
  return {};
}

Status IndexLog::keep_room(uint64_t bytes) {
  constexpr uint64_t kLeast = 16ULL << 10;
  constexpr uint64_t kMost = 64ULL << 10;
  if (size_ + bytes + kLeast <= kept_) return {};
  const uint64_t end = size_ + bytes + kMost;
  int failed = 0;
  do {
    failed = fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size_),
                       static_cast<off_t>(end - size_));
  } while (failed != 0 && errno == EINTR);
  if (failed != 0 && (errno == ENOSPC || errno == EDQUOT))
    return disk_error("the staging index cannot grow");
  // Where no room can be kept, writing will tell whether there is some.
  kept_ = end;
  return {};
}

Status IndexLog::append(const IndexRecord& record) {
  // A record behind a torn one would be lost at the next start: nothing is taken before it is off.
  if (torn_)
    if (auto mended = cut(); !mended) return mended;
  const std::string bytes = framed(record);
  // Removals, and that there was no room.
  const bool on_full_disk = record.action == IndexAction::unlink ||
                            record.action == IndexAction::temporary ||
                            record.action == IndexAction::incomplete;
  if (auto kept = keep_room(bytes.size()); !kept && !on_full_disk) return kept;
  if (auto written = write_whole(fd_, bytes); !written) {
    torn_ = true;  // a part of the record may lie there (full disk)
    if (auto mended = cut(); !mended) return mended;
    return written;
  }
  size_ += bytes.size();
  return {};
}

Status IndexLog::sync() const {
  if (fdatasync(fd_) != 0) return disk_error("the staging index cannot be made durable");
  return {};
}

}  // namespace vtpmfs::cache
