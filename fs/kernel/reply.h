// The right to answer one request of the kernel's: used once, by type.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "fs/kernel/fuse_api.h"

namespace vtpmfs::fs::kernel {

/// Owns a fuse_req_t until one of the answers below is sent, which frees it; further answers do
/// nothing. Destroyed without an answer it sends EIO. Not thread-safe, movable only.
///
/// The answers return 0, or libfuse's -errno: -ENOENT where the kernel gave up the request (its
/// caller was killed). Then a reference or handle that the answer carried was not taken over.
class Reply {
 public:
  Reply() = default;
  explicit Reply(fuse_req_t request) : request_(request) {}
  Reply(Reply&& other) noexcept : request_(other.steal()) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      send_nothing_left();
      request_ = other.steal();
    }
    return *this;
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { send_nothing_left(); }

  [[nodiscard]] bool open() const { return request_ != nullptr; }

  int error(int code) { return sent(code, &fuse_reply_err); }
  int ok() { return error(0); }
  int entry(const fuse_entry_param& entry) { return sent(&entry, &fuse_reply_entry); }
  int create(const fuse_entry_param& entry, const fuse_file_info& file);
  int attributes(const struct stat& attributes, double timeout);
  int open_file(const fuse_file_info& file) { return sent(&file, &fuse_reply_open); }
  int bytes(std::string_view bytes);
  int written(size_t size) { return sent(size, &fuse_reply_write); }
  int xattr_size(size_t size) { return sent(size, &fuse_reply_xattr); }
  int link_target(const std::string& target) { return sent(target.c_str(), &fuse_reply_readlink); }
  int file_system(const struct statvfs& status) { return sent(&status, &fuse_reply_statfs); }
  /// For forget, which has no answer.
  void none();

  /// For fuse_add_direntry, which wants to see the request.
  [[nodiscard]] fuse_req_t raw() const { return request_; }

 private:
  fuse_req_t steal() {
    fuse_req_t request = request_;
    request_ = nullptr;
    return request;
  }
  template <class T>
  int sent(T value, int (*send)(fuse_req_t, T)) {
    fuse_req_t request = steal();
    return request == nullptr ? 0 : send(request, value);
  }
  void send_nothing_left();

  fuse_req_t request_ = nullptr;
};

}  // namespace vtpmfs::fs::kernel
