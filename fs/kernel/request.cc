#include "fs/kernel/request.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <exception>
#include <new>
#include <utility>

#include "fs/kernel/border.h"

namespace vtpmfs::fs::kernel {
namespace {

Caller caller_of(fuse_req_t request) {
  const fuse_ctx& context = *fuse_req_ctx(request);
  Caller caller;
  caller.uid = context.uid;
  caller.gid = context.gid;
  caller.pid = context.pid;
  caller.umask = context.umask;
  return caller;
}

/// ENOSYS would switch the whole operation off for the rest of the mount; 0 is no error.
int errno_for_kernel(const Error& error) {
  const int code = error.code.value();
  return code <= 0 || code >= 1000 || code == ENOSYS ? EIO : code;
}

}  // namespace

Request::Request(Border& border, fuse_req_t request, Operation operation, InodeNumber inode)
    : border_(border),
      operation_(operation),
      inode_(inode),
      caller_(caller_of(request)),
      request_(request) {
  border_.counters.request(operation);
}

Request::~Request() {
  Reply reply = take();
  if (!reply.open()) return;
  border_.counters.dropped();
  send_error(std::move(reply), Error{Errno{EIO}, "nobody answered"});
}

Reply Request::take() {
  const std::lock_guard lock(mutex_);
  fuse_req_t request = std::exchange(request_, nullptr);
  if (request != nullptr && waiting_) fuse_req_interrupt_func(request, nullptr, nullptr);
  return Reply(request);
}

Reply Request::take_away() {
  {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
  }
  return take();
}

void Request::fail(const Error& error) {
  Reply reply = take();
  if (reply.open()) {
    send_error(std::move(reply), error);
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!let_go_) spdlog::error("{} was answered twice", name_of(operation_));
}

void Request::finish(const std::function<Status(Reply&)>& encode) {
  Reply reply = take();
  if (!reply.open()) {
    const std::lock_guard lock(mutex_);
    if (!let_go_) spdlog::error("{} was answered twice", name_of(operation_));
    return;
  }
  Status status;
  try {
    status = encode(reply);
  } catch (const std::bad_alloc&) {
    status = vtpmfs::fail(ENOMEM, "out of memory");
  } catch (const std::exception& exception) {
    status = vtpmfs::fail(EIO, exception.what());
  }
  if (reply.open()) {
    send_error(std::move(reply), status ? Error{Errno{EIO}, "no reply was made"} : status.error());
    return;
  }
  sent();
}

void Request::run(const std::function<void()>& operation) {
  try {
    operation();
  } catch (const std::bad_alloc&) {
    fail(Error{Errno{ENOMEM}, "out of memory"});
  } catch (const std::exception& exception) {
    fail(Error{Errno{EIO}, exception.what()});
  }
  begin_to_wait();
}

void Request::begin_to_wait() {
  bool welcome = true;
  {
    const std::lock_guard lock(mutex_);
    if (request_ == nullptr) return;
    waiting_ = true;
    welcome = border_.waiting.add(this, weak_from_this());
    fuse_req_interrupt_func(request_, &on_interrupt, this);
  }
  if (!welcome) abandon(Abandon::what_may_be_let_go);
}

void Request::on_interrupt(fuse_req_t /*raw*/, void* request) {
  auto* self = static_cast<Request*>(request);
  self->border_.waiting.interrupt(self->weak_from_this());
}

void Request::interrupt() {
  // First the operation's own word: it may answer at once, with a better errno.
  caller_.interrupted.cancel();
  if (!may_let_go(operation_)) return;
  Reply reply = take_away();
  if (!reply.open()) return;
  border_.counters.interrupted();
  send_error(std::move(reply), Error{Errno{EINTR}, "interrupted"});
}

void Request::abandon(Abandon what) {
  if (what == Abandon::everything || may_let_go(operation_)) {
    // Before the operation is cancelled: its EINTR would make programs try again.
    Reply reply = take_away();
    if (reply.open()) {
      send_error(std::move(reply), Error{Errno{ENOTCONN}, "the file system is being unmounted"});
    }
  }
  caller_.interrupted.cancel();
}

void Request::send_error(Reply reply, const Error& error) {
  const int code = errno_for_kernel(error);
  border_.counters.error(operation_);
  if (code == EIO) border_.counters.io_error();
  border_.errors.failed(operation_, inode_, error);
  reply.error(code);
  sent();
}

void Request::sent() {
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  if (waiting) border_.waiting.remove(this);
}

}  // namespace vtpmfs::fs::kernel
