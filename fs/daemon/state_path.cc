#include "fs/daemon/state_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace vtpmfs::fs {
namespace {

Status make_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST)
      return fail(errno, parent + ": " + std::generic_category().message(errno));
  }
  return {};
}

/// An id of a server as one path component, whatever the server says it is.
std::string as_component(const std::string& id) {
  std::string out;
  for (const char c : id) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    out += plain ? c : '_';
  }
  return out.empty() ? "unnamed" : out.substr(0, 100);
}

}  // namespace

Result<std::string> state_path(const Options& options, const std::string& vcenter_uuid,
                               const Environment& environment) {
  std::string path;
  if (options.state_directory) {
    path = *options.state_directory;
    if (path.front() != '/') {
      char here[4096];
      if (getcwd(here, sizeof here) == nullptr) return fail(errno, "the working directory is gone");
      path = std::string(here) + "/" + path;
    }
  } else if (geteuid() == 0) {
    path = "/var/lib/vtpmfs/" + as_component(vcenter_uuid);
  } else if (const auto state = environment("XDG_STATE_HOME");
             state && !state->empty() && state->front() == '/') {
    path = *state + "/vtpmfs/" + as_component(vcenter_uuid);
  } else if (const auto home = environment("HOME"); home && !home->empty()) {
    path = *home + "/.local/state/vtpmfs/" + as_component(vcenter_uuid);
  } else {
    return fail(ENOENT, "no home directory to keep state in: give --state-dir");
  }
  if (auto made = make_parents(path); !made) return fail(made.error());
  return path;
}

}  // namespace vtpmfs::fs
