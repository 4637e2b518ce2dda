// Where the password comes from. It is never an argument, a log line or part of a core dump.
#pragma once

#include <functional>
#include <string>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Reads a password file: a regular file of ours or root's that nobody else can read (EACCES with
/// the reason otherwise), at most 4 KiB, one trailing newline dropped.
Result<std::string> read_password_file(const std::string& path);

/// Asks on the terminal, without echo. ENOTTY where there is none.
Result<std::string> prompt_for_password(const std::string& user, const std::string& host);

/// The password for `options`, in this order: --password-file, $CREDENTIALS_DIRECTORY/password
/// (systemd), GOVC_PASSWORD or GOVC_URL (govc_environment.h), a prompt. What is returned gives the
/// password at each login: files are read anew (rotation without a remount), the others are
/// remembered in memory of their own that is wiped. Call before any thread and before the terminal
/// is let go.
Result<std::function<Result<std::string>()>> find_password(const Options& options,
                                                           const Environment& environment);

/// Where find_password() would look, in words for a person. Never the password.
std::string password_source(const Options& options, const Environment& environment);

/// Overwrites GOVC_PASSWORD and GOVC_URL where they lie, so that /proc/PID/environ does not show a
/// password for the life of the mount. Call once find_password() has taken what it needs, before
/// any thread.
void wipe_environment();

/// No core dump and no ptrace by others may show this process's memory.
void forbid_core_dumps();

}  // namespace vtpmfs::fs
