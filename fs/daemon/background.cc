#include "fs/daemon/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace vtpmfs::fs {
namespace {

/// What the child sends: the exit status, one byte. Its words it writes to stderr itself, which it
/// shares.
constexpr int kDiedUnreported = 1;

[[noreturn]] void wait_for_report(int pipe, pid_t child) {
  unsigned char status = 0;
  ssize_t got = 0;
  do {
    got = read(pipe, &status, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) _exit(status);
  int ended = 0;
  waitpid(child, &ended, 0);
  if (WIFSIGNALED(ended))
    std::fprintf(stderr, "vtpmfs: ended by signal %d before the mount was ready\n",
                 WTERMSIG(ended));
  _exit(WIFEXITED(ended) && WEXITSTATUS(ended) != 0 ? WEXITSTATUS(ended) : kDiedUnreported);
}

}  // namespace

Result<Background> Background::start(bool fork_child) {
  if (!fork_child) return Background(false, -1);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return fail(errno, "no pipe: " + std::generic_category().message(errno));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    const int code = errno;
    close(ends[0]);
    close(ends[1]);
    return fail(code, "cannot go into the background: " + std::generic_category().message(code));
  }
  if (child > 0) {
    close(ends[1]);
    wait_for_report(ends[0], child);
  }
  close(ends[0]);
  return Background(true, ends[1]);
}

Background::Background(Background&& other) noexcept : forked_(other.forked_), pipe_(other.pipe_) {
  other.pipe_ = -1;
}

Background::~Background() {
  if (pipe_ >= 0) close(pipe_);  // the parent sees the end of the pipe and our exit status
}

bool Background::report_ready() {
  if (!forked_ || pipe_ < 0) return true;
  setsid();
  if (chdir("/") != 0) std::perror("vtpmfs: /");
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere >= 0) {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
    if (nowhere > STDERR_FILENO) close(nowhere);
  }
  const unsigned char status = 0;
  const ssize_t sent = write(pipe_, &status, 1);
  close(pipe_);
  pipe_ = -1;
  return sent == 1;
}

void Background::report_failure(const std::string& line, int status) {
  std::fprintf(stderr, "vtpmfs: %s\n", line.c_str());
  std::fflush(stderr);
  if (pipe_ < 0) return;
  const auto byte = static_cast<unsigned char>(status);
  [[maybe_unused]] const ssize_t sent = write(pipe_, &byte, 1);
  close(pipe_);
  pipe_ = -1;
}

}  // namespace vtpmfs::fs
