// One request of the kernel's, from its arrival to its only answer.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "fs/kernel/operation.h"
#include "fs/kernel/reply.h"
#include "fs/node.h"

namespace vtpmfs::fs::kernel {

struct Border;

/// Owns the fuse_req_t. All answers go through finish(), which is the one place where errors become
/// an errno, are counted and logged. The answer closures that the tree gets share the request; when
/// the last one is dropped unanswered, the request answers EIO.
///
/// An operation that has not been answered when it returns begins to wait: from then on INTERRUPT
/// cancels caller().interrupted and, where may_let_go says so, answers EINTR. Later answers are
/// dropped; their file handles and bytes are freed with them.
///
/// Thread-safe. Lock order: this mutex, then libfuse's own; neither is held while the tree is
/// called or a reply is sent. It must not use its Border after the answer (the session may have
/// gone).
class Request : public std::enable_shared_from_this<Request> {
 public:
  Request(Border& border, fuse_req_t request, Operation operation, InodeNumber inode);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  [[nodiscard]] const Caller& caller() const { return caller_; }

  /// An answer for the tree. `Status encode(Reply&, T)` turns the value into a reply, or says why
  /// it cannot; it does not run where the caller has been let go meanwhile.
  template <class T, class Encode>
  [[nodiscard]] Answer<T> answer(Encode encode) {
    return [self = shared_from_this(), encode = std::move(encode)](Result<T> result) {
      if (!result) {
        self->fail(result.error());
      } else if constexpr (std::is_void_v<T>) {
        self->finish(encode);
      } else {
        self->finish([&](Reply& reply) { return encode(reply, std::move(*result)); });
      }
    };
  }
  /// An answer without a value.
  [[nodiscard]] Answer<void> done() {
    return answer<void>([](Reply& reply) -> Status {
      reply.ok();
      return {};
    });
  }

  /// Answers with an error.
  void fail(const Error& error);
  /// Runs `encode` with the right to reply, if nobody has replied yet. It sends a reply or returns
  /// an error.
  void finish(const std::function<Status(Reply&)>& encode);

  /// Runs the operation; what it throws becomes an errno.
  void run(const std::function<void()>& operation);

  /// The caller waits no longer.
  void interrupt();
  /// The session ends: ENOTCONN, at first only for what may be let go, in the end for all.
  enum class Abandon { what_may_be_let_go, everything };
  void abandon(Abandon what);

 private:
  /// The right to reply, once; empty afterwards.
  Reply take();
  /// Takes the right to reply because nobody waits any more; late answers are expected then.
  Reply take_away();
  /// Sends and, where the request was waiting, tells the session that it is done.
  void send_error(Reply reply, const Error& error);
  void sent();
  void begin_to_wait();
  /// libfuse calls it with its lock of the request held. The request is alive: before it is
  /// destroyed it takes the callback back, which waits for that lock.
  static void on_interrupt(fuse_req_t raw, void* request);

  Border& border_;
  const Operation operation_;
  const InodeNumber inode_;
  Caller caller_;

  std::mutex mutex_;
  fuse_req_t request_;    ///< null once the right to reply was taken
  bool waiting_ = false;  ///< known to Border::waiting, interrupt callback registered
  bool let_go_ = false;   ///< answered because nobody waits any more
};

using RequestPtr = std::shared_ptr<Request>;

}  // namespace vtpmfs::fs::kernel
