#include "fs/kernel/session.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <thread>
#include <utility>

#include "fs/kernel/border.h"
#include "fs/kernel/fuse_api.h"
#include "fs/kernel/notifier.h"
#include "fs/kernel/operations.h"

namespace vtpmfs::fs::kernel {
namespace {

/// fuse_session_exit() of 3.14 does not wake the loop, which sleeps in sem_wait; a signal does.
int wake_signal() {
  return SIGRTMIN + 5;
}

void install_wake_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART: the wait must return
  sigemptyset(&action.sa_mask);
  ::sigaction(wake_signal(), &action, nullptr);
}

/// Blocks all signals but the wake signal for threads that are started while it lives.
class SignalsForTheLoop {
 public:
  SignalsForTheLoop() {
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, wake_signal());
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~SignalsForTheLoop() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsForTheLoop(const SignalsForTheLoop&) = delete;
  SignalsForTheLoop& operator=(const SignalsForTheLoop&) = delete;

 private:
  sigset_t before_{};
};

/// What libfuse complained of last; it tells nobody but its log.
std::mutex complaint_lock;
std::string complaint;

void log_for_libfuse(fuse_log_level level, const char* format, va_list arguments) {
  char line[1024];
  std::vsnprintf(line, sizeof line, format, arguments);
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  spdlog::level::level_enum as = spdlog::level::debug;
  if (level <= FUSE_LOG_ERR) {
    as = spdlog::level::err;
  } else if (level <= FUSE_LOG_WARNING) {
    as = spdlog::level::warn;
  }
  spdlog::log(as, "libfuse: {}", text);
  if (level > FUSE_LOG_ERR) return;
  const std::lock_guard hold(complaint_lock);
  complaint = text;
}

/// `words` with libfuse's reason, where it gave one since the last time.
std::string with_complaint(std::string words) {
  const std::lock_guard hold(complaint_lock);
  if (!complaint.empty()) words += ": " + std::exchange(complaint, {});
  return words;
}

/// libfuse splits options at commas; a backslash keeps one in a value.
std::string escaped(const std::string& option) {
  std::string result;
  for (const char c : option) {
    if (c == ',' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result;
}

ssize_t socket_read(int fd, void* buffer, size_t size, void* /*user_data*/) {
  const ssize_t got = ::read(fd, buffer, size);
  if (got != 0) return got;
  errno = ENODEV;  // the peer has hung up: what an unmounted /dev/fuse says
  return -1;
}

ssize_t socket_write(int fd, iovec* parts, int count, void* /*user_data*/) {
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = static_cast<size_t>(count);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

FuseSession::FuseSession(NodePtr root, SessionSettings settings)
    : settings_(std::move(settings)), border_(std::make_unique<Border>(std::move(root))) {
  border_->on_ready = settings_.on_ready;
}

Status FuseSession::make_session() {
  fuse_set_log_func(log_for_libfuse);
  std::vector<std::string> arguments{"vtpmfs", "-odefault_permissions", "-osubtype=vtpmfs"};
  arguments.reserve(arguments.size() + settings_.options.size() + 1);
  for (const std::string& option : settings_.options) arguments.push_back("-o" + escaped(option));
  if (settings_.debug) arguments.emplace_back("-d");
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  fuse_args args{static_cast<int>(argv.size()), argv.data(), 0};

  const fuse_lowlevel_ops operations = all_operations();
  session_ = fuse_session_new(&args, &operations, sizeof operations, border_.get());
  fuse_opt_free_args(&args);
  if (session_ == nullptr) return fail(EINVAL, with_complaint("FUSE takes not all mount options"));

  notifier_ = std::make_unique<Notifier>(Notifier::Kernel{
      [border = border_.get()](InodeNumber inode) { return border->inodes.known(inode); },
      [session = session_](InodeNumber parent, const std::string& name) {
        return fuse_lowlevel_notify_inval_entry(session, parent.value, name.c_str(), name.size());
      },
      [session = session_](InodeNumber inode) {
        return fuse_lowlevel_notify_inval_inode(session, inode.value, 0, 0);
      },
      [session = session_](InodeNumber inode) {
        return fuse_lowlevel_notify_inval_inode(session, inode.value, -1, 0);
      }});
  return {};
}

Result<std::unique_ptr<FuseSession>> FuseSession::mount(NodePtr root,
                                                        const std::string& mount_point,
                                                        SessionSettings settings) {
  std::unique_ptr<FuseSession> made(new FuseSession(std::move(root), std::move(settings)));
  if (const Status status = made->make_session(); !status) return fail(status.error());
  errno = 0;
  if (fuse_session_mount(made->session_, mount_point.c_str()) != 0) {
    return fail(errno == 0 ? EIO : errno, with_complaint("cannot mount at " + mount_point));
  }
  made->mounted_ = true;
  return made;
}

Result<std::unique_ptr<FuseSession>> FuseSession::over_socket(NodePtr root, int socket,
                                                              SessionSettings settings) {
  std::unique_ptr<FuseSession> made(new FuseSession(std::move(root), std::move(settings)));
  Status status = made->make_session();
  if (status) {
    fuse_custom_io io{};
    io.read = socket_read;
    io.writev = socket_write;
    const int failed = fuse_session_custom_io(made->session_, &io, socket);
    if (failed != 0) status = fail(-failed, "cannot speak FUSE over this socket");
  }
  if (!status) {
    ::close(socket);
    return fail(status.error());
  }
  return made;
}

FuseSession::~FuseSession() {
  if (session_ == nullptr) return;
  close_down();
  fuse_session_destroy(session_);
}

void FuseSession::close_down() {
  notifier_->stop();
  border_->waiting.abandon();
  // Requests that nobody read any more end with the connection.
  if (std::exchange(mounted_, false)) fuse_session_unmount(session_);
}

Status FuseSession::run() {
  install_wake_signal();
  std::thread loop;
  {
    const SignalsForTheLoop signals;
    loop = std::thread([this] { serve_until_exit(); });
  }

  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return loop_ended_ || exit_requested_; });
  if (!loop_ended_) {
    lock.unlock();
    border_->waiting.drain();
    notifier_->stop();
    fuse_session_exit(session_);
    lock.lock();
    // The signal may come between the loop's look at the exit flag and its sleep: send it again.
    while (!loop_ended_) {
      pthread_kill(loop.native_handle(), wake_signal());
      changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return loop_ended_; });
    }
  }
  lock.unlock();
  loop.join();
  close_down();
  if (loop_status_ < 0) return fail(-loop_status_, "the FUSE session broke");
  return {};
}

void FuseSession::serve_until_exit() {
  fuse_loop_config* config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_max_threads(config, settings_.max_threads);
  fuse_loop_cfg_set_clone_fd(config, 0);
  const int status = fuse_session_loop_mt(session_, config);
  fuse_loop_cfg_destroy(config);

  const std::lock_guard lock(mutex_);
  loop_status_ = status;
  loop_ended_ = true;
  changed_.notify_all();
}

void FuseSession::exit() {
  const std::lock_guard lock(mutex_);
  exit_requested_ = true;
  changed_.notify_all();
}

KernelNotifier& FuseSession::notifier() {
  return *notifier_;
}

RequestCounts FuseSession::counts() const {
  RequestCounts counts = border_->counters.snapshot();
  counts.waiting = border_->waiting.size();
  return counts;
}

size_t FuseSession::known_nodes() const {
  return border_->inodes.size();
}

size_t FuseSession::open_handles() const {
  return border_->files.size() + border_->listings.size();
}

}  // namespace vtpmfs::fs::kernel
