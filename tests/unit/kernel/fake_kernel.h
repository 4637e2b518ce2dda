// The other end of a FUSE session: speaks the wire protocol of include/linux/fuse.h over a socket.
#pragma once

#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fs/kernel/session.h"
#include "tests/patience.h"

namespace vtpmfs::fs::kernel {

class FakeKernel {
 public:
  struct Answer {
    int error = 0;  ///< positive errno
    std::string bytes;
    template <class T>
    [[nodiscard]] T as(size_t offset = 0) const {
      T value{};
      EXPECT_GE(bytes.size(), offset + sizeof(T));
      if (bytes.size() >= offset + sizeof(T)) std::memcpy(&value, bytes.data() + offset, sizeof(T));
      return value;
    }
  };
  struct Notification {
    int code = 0;
    std::string bytes;
  };

  explicit FakeKernel(NodePtr root, SessionSettings settings = {}) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    fd_ = ends[0];
    auto made = FuseSession::over_socket(std::move(root), ends[1], std::move(settings));
    EXPECT_TRUE(made) << (made ? "" : made.error().words);
    session_ = std::move(*made);
    receiver_ = std::thread([this] { receive(); });
    server_ = std::thread([this] {
      const Status status = session_->run();
      EXPECT_TRUE(status) << (status ? "" : status.error().words);
      ended_ = true;
    });
  }
  ~FakeKernel() { close(); }
  FakeKernel(const FakeKernel&) = delete;
  FakeKernel& operator=(const FakeKernel&) = delete;

  /// Hangs up and destroys the session. Answers that came can still be looked at.
  void close() {
    if (!session_) return;
    hang_up();
    server_.join();
    session_.reset();
    receiver_.join();
    ::close(fd_);
  }

  fuse_init_out init() {
    fuse_init_in in{};
    in.major = FUSE_KERNEL_VERSION;
    in.minor = FUSE_KERNEL_MINOR_VERSION;
    in.max_readahead = 131072;
    in.flags = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | FUSE_AUTO_INVAL_DATA |
               FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_PARALLEL_DIROPS |
               FUSE_WRITEBACK_CACHE | FUSE_HANDLE_KILLPRIV | FUSE_POSIX_ACL | FUSE_MAX_PAGES |
               FUSE_EXPORT_SUPPORT;
    return call(FUSE_INIT, 0, bytes_of(in)).as<fuse_init_out>();
  }

  /// Sends a request and returns its number.
  uint64_t send(uint32_t opcode, uint64_t node, const std::string& payload) {
    const uint64_t unique = 2 * ++last_unique_;
    fuse_in_header header{};
    header.len = static_cast<uint32_t>(sizeof header + payload.size());
    header.opcode = opcode;
    header.unique = unique;
    header.nodeid = node;
    header.uid = 1234;
    header.gid = 4321;
    header.pid = 77;
    const std::string message = bytes_of(header) + payload;
    EXPECT_EQ(::send(fd_, message.data(), message.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(message.size()));
    return unique;
  }

  /// The answer to a request, none when it has not come in time.
  std::optional<Answer> wait(uint64_t unique,
                             std::chrono::milliseconds limit = patience(std::chrono::seconds(20))) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return answers_.count(unique) != 0; })) return {};
    return answers_[unique].front();
  }
  size_t answers_to(uint64_t unique) {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(unique);
    return found == answers_.end() ? 0 : found->second.size();
  }

  Answer call(uint32_t opcode, uint64_t node, const std::string& payload = {}) {
    auto answer = wait(send(opcode, node, payload));
    EXPECT_TRUE(answer) << "no answer to opcode " << opcode;
    return answer.value_or(Answer{});
  }

  void interrupt(uint64_t unique) {
    fuse_interrupt_in in{};
    in.unique = unique;
    send(FUSE_INTERRUPT, 0, bytes_of(in));
  }
  void forget(uint64_t node, uint64_t count) {
    fuse_forget_in in{};
    in.nlookup = count;
    send(FUSE_FORGET, node, bytes_of(in));
  }

  Answer lookup(uint64_t parent, const std::string& name) {
    return call(FUSE_LOOKUP, parent, name + '\0');
  }
  Answer getattr(uint64_t node) { return call(FUSE_GETATTR, node, bytes_of(fuse_getattr_in{})); }
  static std::string open_request(uint32_t flags) {
    fuse_open_in in{};
    in.flags = flags;
    return bytes_of(in);
  }
  static std::string read_request(uint64_t handle, uint64_t offset, uint32_t size) {
    fuse_read_in in{};
    in.fh = handle;
    in.offset = offset;
    in.size = size;
    return bytes_of(in);
  }
  static std::string flush_request(uint64_t handle) {
    fuse_flush_in in{};
    in.fh = handle;
    return bytes_of(in);
  }
  static std::string release_request(uint64_t handle) {
    fuse_release_in in{};
    in.fh = handle;
    return bytes_of(in);
  }

  std::optional<Notification> next_notification(
      std::chrono::milliseconds limit = patience(std::chrono::seconds(20))) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return !notifications_.empty(); })) return {};
    Notification first = notifications_.front();
    notifications_.erase(notifications_.begin());
    return first;
  }

  FuseSession& session() { return *session_; }
  /// As if the mount had gone.
  void hang_up() { ::shutdown(fd_, SHUT_WR); }
  bool wait_for_end(std::chrono::milliseconds limit = patience(std::chrono::seconds(20))) {
    return eventually([this] { return ended_.load(); }, limit);
  }

  template <class Condition>
  static bool eventually(Condition condition,
                         std::chrono::milliseconds limit = patience(std::chrono::seconds(20))) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  template <class T>
  static std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }

 private:
  void receive() {
    std::vector<char> buffer(2U << 20);
    while (true) {
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      fuse_out_header header{};
      ASSERT_GE(static_cast<size_t>(got), sizeof header);
      std::memcpy(&header, buffer.data(), sizeof header);
      std::string rest(buffer.data() + sizeof header, static_cast<size_t>(got) - sizeof header);
      const std::lock_guard lock(mutex_);
      if (header.unique == 0) {
        notifications_.push_back({header.error, std::move(rest)});
      } else {
        answers_[header.unique].push_back({-header.error, std::move(rest)});
      }
      changed_.notify_all();
    }
  }

  int fd_ = -1;
  std::unique_ptr<FuseSession> session_;
  std::thread receiver_, server_;
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> last_unique_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, std::vector<Answer>> answers_;
  std::vector<Notification> notifications_;
};

}  // namespace vtpmfs::fs::kernel
