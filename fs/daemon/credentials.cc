#include "fs/daemon/credentials.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

namespace vtpmfs::fs {
namespace {

constexpr size_t kLongestPassword = 4096;

/// A file descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Text in memory of its own that is not swapped, not dumped and wiped at the end.
class LockedText {
 public:
  explicit LockedText(std::string& text) : size_(text.size()) {
    bytes_.resize(size_ == 0 ? 1 : size_);
    std::memcpy(bytes_.data(), text.data(), size_);
    mlock(bytes_.data(), bytes_.size());  // a refusal (RLIMIT_MEMLOCK) is no reason to fail
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
  }
  LockedText(const LockedText&) = delete;
  LockedText& operator=(const LockedText&) = delete;
  ~LockedText() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    munlock(bytes_.data(), bytes_.size());
  }
  [[nodiscard]] std::string text() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  size_t size_;
};

/// The terminal's echo, off while it lives.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ECHONL;
    changed_ = tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (changed_) tcsetattr(fd_, TCSAFLUSH, &before_);
  }

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

volatile std::sig_atomic_t caught_signal = 0;

/// Holds back the signals that would end the program, so that a read returns and the echo comes
/// back first; they have their usual effect at the end.
class SignalsPutOff {
 public:
  SignalsPutOff() {
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = [](int number) { caught_signal = number; };  // without SA_RESTART
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding[i], &action, &before_[i]);
  }
  SignalsPutOff(const SignalsPutOff&) = delete;
  SignalsPutOff& operator=(const SignalsPutOff&) = delete;
  ~SignalsPutOff() {
    for (size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding[i], &before_[i], nullptr);
    if (caught_signal != 0) raise(caught_signal);
  }

 private:
  static constexpr std::array kEnding{SIGINT, SIGTERM, SIGQUIT, SIGHUP};
  std::array<struct sigaction, kEnding.size()> before_{};
};

void drop_line_end(std::string& text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
}

std::string error_text(int code) {
  return std::generic_category().message(code);
}

Result<std::string> read_up_to(int fd, size_t limit, const std::string& name) {
  std::string text;
  text.reserve(limit + 1);  // one buffer: growing would leave copies of a secret behind
  char piece[512];
  for (;;) {
    const ssize_t got = ::read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno, name + ": " + error_text(errno));
    if (got == 0) break;
    if (text.size() + static_cast<size_t>(got) > limit)
      return fail(EFBIG, name + " is larger than a password");
    text.append(piece, static_cast<size_t>(got));
  }
  OPENSSL_cleanse(piece, sizeof piece);
  return text;
}

Result<std::string> read_secret_file(const std::string& path, bool trusted_place) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) return fail(errno, path + ": " + error_text(errno));
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return fail(errno, path + ": " + error_text(errno));
  if (!S_ISREG(info.st_mode)) return fail(EACCES, path + " is not a regular file");
  if (!trusted_place) {
    if (info.st_uid != geteuid() && info.st_uid != 0)
      return fail(EACCES, path + " belongs to somebody else");
    if ((info.st_mode & 077U) != 0)
      return fail(EACCES, path + " can be read by others; make it private with: chmod 600 " + path);
  }
  auto text = read_up_to(file.get(), kLongestPassword, path);
  if (!text) return text;
  drop_line_end(*text);
  if (text->empty()) return fail(EINVAL, path + " holds no password");
  return text;
}

}  // namespace

Result<std::string> read_password_file(const std::string& path) {
  return read_secret_file(path, false);
}

Result<std::string> prompt_for_password(const std::string& user, const std::string& host) {
  const Descriptor terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.get() < 0)
    return fail(
        ENOTTY,
        "no password: give --password-file or GOVC_PASSWORD (there is no terminal to ask on)");
  const std::string question = "Password of " + user + " at " + host + ": ";
  if (write(terminal.get(), question.data(), question.size()) < 0)
    return fail(errno, "the terminal does not answer");
  const SignalsPutOff later;
  const EchoOff silent(terminal.get());
  std::string line;
  line.reserve(kLongestPassword);
  for (char c = 0; line.size() < kLongestPassword;) {
    const ssize_t got = ::read(terminal.get(), &c, 1);
    if (caught_signal != 0) return fail(EINTR, "interrupted");
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') break;
    line += c;
  }
  if (line.empty()) return fail(EACCES, "no password was given");
  return line;
}

Result<std::function<Result<std::string>()>> find_password(const Options& options,
                                                           const Environment& environment) {
  std::string path;
  bool trusted_place = false;
  if (options.password_file) {
    path = *options.password_file;
  } else if (const auto directory = environment("CREDENTIALS_DIRECTORY")) {
    const std::string candidate = *directory + "/password";
    if (access(candidate.c_str(), F_OK) == 0) {
      path = candidate;
      trusted_place = true;  // systemd made the directory for this process alone
    }
  }
  if (!path.empty()) {
    // The daemon changes its directory to / later.
    char* absolute = realpath(path.c_str(), nullptr);
    if (absolute == nullptr) return fail(errno, path + ": " + error_text(errno));
    const std::unique_ptr<char, decltype(&std::free)> owner(absolute, &std::free);
    path = absolute;
    if (auto now = read_secret_file(path, trusted_place); !now) return fail(now.error());
    return std::function<Result<std::string>()>(
        [path, trusted_place] { return read_secret_file(path, trusted_place); });
  }
  auto of_govc = govc_password(environment, options);
  if (!of_govc) return fail(std::move(of_govc.error()));
  std::optional<std::string> password = std::move(*of_govc);
  if (!password) {
    auto typed = prompt_for_password(options.user, options.host);
    if (!typed) return fail(typed.error());
    password = std::move(*typed);
  }
  auto locked = std::make_shared<LockedText>(*password);
  return std::function<Result<std::string>()>(
      [locked]() -> Result<std::string> { return locked->text(); });
}

std::string password_source(const Options& options, const Environment& environment) {
  if (options.password_file) return "in " + *options.password_file;
  if (const auto directory = environment("CREDENTIALS_DIRECTORY"))
    if (access((*directory + "/password").c_str(), F_OK) == 0)
      return "in $CREDENTIALS_DIRECTORY/password";
  auto of_govc = govc_password(environment, options);
  if (!of_govc) return "none: " + of_govc.error().words;
  if (!*of_govc) return "asked for on the terminal";
  OPENSSL_cleanse((*of_govc)->data(), (*of_govc)->size());
  return "in the environment (***)";
}

void wipe_environment() {
  for (const char* name : {"GOVC_PASSWORD", "GOVC_URL"}) {
    char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
    if (value == nullptr) continue;
    OPENSSL_cleanse(value, std::strlen(value));
    unsetenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
  }
}

void forbid_core_dumps() {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace vtpmfs::fs
