// vtpmfs: reads the command line, goes into the background, mounts, serves, and says how it went.
#include <fcntl.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>

#include "fs/audit/audit.h"
#include "fs/daemon/background.h"
#include "fs/daemon/credentials.h"
#include "fs/daemon/logging.h"
#include "fs/daemon/mount.h"
#include "fs/daemon/mount_point.h"
#include "fs/daemon/service_notice.h"
#include "fs/daemon/signals.h"
#include "fs/options/command_line.h"
#include "fs/options/completion.h"
#include "fs/options/config_file.h"
#include "fs/options/mount_helper.h"

namespace {

using namespace vtpmfs;
using namespace vtpmfs::fs;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;
constexpr int kLoginRefused = 77;  // the systemd unit does not restart on it

int complain(const Error& error, int status) {
  std::fprintf(stderr, "vtpmfs: %s\n", error.words.c_str());
  return status;
}

/// The daemon's working directory becomes /.
Status make_absolute(std::vector<std::string>& files, bool may_be_absent) {
  std::vector<std::string> absolute;
  for (const std::string& file : files) {
    const std::unique_ptr<char, decltype(&std::free)> path(realpath(file.c_str(), nullptr),
                                                           &std::free);
    if (!path && errno == ENOENT && may_be_absent) continue;
    if (!path) return fail(errno, file + ": " + std::generic_category().message(errno));
    absolute.emplace_back(path.get());
  }
  files = std::move(absolute);
  return {};
}

/// What signals act on: the mount, once there is one; before that, the way there.
class Ending {
 public:
  void watch(Mount* mount) {
    const std::lock_guard hold(lock_);
    mount_ = mount;
    if (cancel_.cancelled()) mount_->end();
  }
  /// Ends Mount::open().
  [[nodiscard]] const vsphere::CancelToken& cancel() const { return cancel_; }
  /// It has ended by itself; the rest takes its time.
  void finish() {
    const std::lock_guard hold(lock_);
    finished_ = true;
  }
  void end() {
    const std::lock_guard hold(lock_);
    if (finished_) return;
    if (mount_ != nullptr) return mount_->end();
    // The first signal lets it log out; who sends a second one does not want to wait for that.
    if (cancel_.cancelled()) _exit(kInterrupted);
    cancel_.cancel();
  }
  void reload() {
    const std::lock_guard hold(lock_);
    if (!finished_ && mount_ != nullptr) mount_->reload();
  }

 private:
  const vsphere::CancelToken cancel_;
  std::mutex lock_;
  Mount* mount_ = nullptr;
  bool finished_ = false;
};

int serve(const Options& options, const std::function<Result<std::string>()>& password,
          const Environment& environment, Background& background, bool as_helper) {
  Ending ending;
  const ServiceNotice notice(environment);
  std::optional<Watchdog> watchdog;
  const auto end = [&] {
    notice.stopping();
    ending.end();
  };
  // Before any other thread, which inherits the mask: a signal must not hit one that has no use for
  // it.
  const Signals signals({{SIGTERM, end},
                         {SIGINT, end},
                         {SIGHUP, [&] { ending.reload(); }},
                         {SIGUSR1, raise_log_level}});
  auto mount = Mount::open(options, password, environment, ending.cancel());
  if (!mount) {
    const int status = ending.cancel().cancelled()   ? kInterrupted
                       : mount.error().login_refused ? kLoginRefused
                                                     : kFailed;
    background.report_failure(mount.error().words, as_helper ? helper_status(false) : status);
    return status;
  }
  ending.watch(mount->get());
  const Status served = (*mount)->run([&] {
    for (const std::string& line : end_of_starting()) std::fputs(line.c_str(), stderr);
    if (background.report_ready()) {
      spdlog::info("mounted on {}", options.mount_point);
      notice.ready(options.host + " is mounted on " + options.mount_point);
      // The whole way through the kernel and back, and nothing of the vCenter's.
      if (const auto pause = watchdog_pause(environment))
        watchdog.emplace(notice, *pause, [&] {
          struct statvfs answer {};
          return statvfs(options.mount_point.c_str(), &answer) == 0;
        });
    } else {
      spdlog::warn("who wanted {} mounted has gone", options.mount_point);
      ending.end();
    }
  });
  ending.finish();
  notice.stopping();
  watchdog.reset();
  if (ending.cancel().cancelled()) {
    background.report_failure("interrupted", kInterrupted);
    return kInterrupted;
  }
  if (!served) {
    spdlog::error("{}: {}", options.mount_point, served.error().words);
    background.report_failure(served.error().words, kFailed);
    return kFailed;
  }
  spdlog::info("unmounted {}", options.mount_point);
  return 0;
}

/// --print-config: what holds, and where the password would come from.
int print_config(const Options& options, const Environment& environment) {
  std::fputs(render_config(options, password_source(options, environment)).c_str(), stdout);
  return 0;
}

/// What is said without a mount, and the status to end with; nothing where there is to be a mount.
std::optional<int> answer_without_mount(const Options& options, const Environment& environment) {
  if (options.show_help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  if (options.show_version) {
    std::puts("vtpmfs " VTPMFS_VERSION);
    return 0;
  }
  if (options.completion_for) {
    const auto script = completion_script(*options.completion_for);
    if (!script) return complain(script.error(), kUsage);
    std::fputs(script->c_str(), stdout);
    return 0;
  }
  if (options.show_config) return print_config(options, environment);
  return std::nullopt;
}

int mount_and_serve(Options& options, const Environment& environment, bool as_helper) {
  if (access("/dev/fuse", F_OK) != 0)
    return complain(Error{Errno{ENODEV},
                          "there is no /dev/fuse: load the module fuse, or give the container the "
                          "device"},
                    kFailed);
  auto mount_point = usable_mount_point(options.mount_point);
  if (!mount_point) return complain(mount_point.error(), kFailed);
  options.mount_point = *mount_point;
  if (auto absolute = make_absolute(options.tls.ca_files, false); !absolute)
    return complain(absolute.error(), kFailed);
  // As in govc, GOVC_TLS_KNOWN_HOSTS may name a file that is yet to be made.
  if (auto absolute = make_absolute(options.tls.known_hosts_files, true); !absolute)
    return complain(absolute.error(), kFailed);
  auto password = find_password(options, environment);
  if (!password) return complain(password.error(), kFailed);
  wipe_environment();
  auto background = Background::start(!options.foreground);
  if (!background) return complain(background.error(), kFailed);
  if (auto logging = start_logging(options); !logging) {
    const int status = as_helper ? helper_status(false) : kFailed;
    background->report_failure(logging.error().words, status);
    return status;
  }
  return serve(options, *password, environment, *background, as_helper);
}

}  // namespace

int main(int argc, char** argv) {
  // What an arena has to spare no other can use, and threads here do not allocate all day long.
  ::mallopt(M_ARENA_MAX, 2);  // NOLINT(concurrency-mt-unsafe): there is one thread
  forbid_core_dumps();
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool as_helper = is_mount_helper(argv[0]);
  if (const auto tool = audit_tool_of(words); tool && !as_helper)
    return run_audit(*tool, std::vector<std::string>(words.begin() + 1, words.end()));
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(077);
  const Environment environment = process_environment();
  HelperCall call{words};
  if (as_helper) {
    auto read = read_helper_words(call.words);
    if (!read) return complain(read.error(), helper_status(true));
    call = std::move(*read);
  }
  auto options = read_command_line(call.words, environment);
  if (!options) return complain(options.error(), as_helper ? helper_status(true) : kUsage);
  if (const auto answered = answer_without_mount(*options, environment)) return *answered;
  if (call.pretend) return 0;
  const int status = mount_and_serve(*options, environment, as_helper);
  return as_helper && status != 0 ? helper_status(false) : status;
}
