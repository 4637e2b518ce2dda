// Where the daemon's lines go.
#pragma once

#include <string>
#include <vector>

namespace vtpmfs::fs {

/// stderr in the foreground, the system's log in the background. One line an event; never a secret.
/// With `debug`, every request too.
void start_logging(bool foreground, bool debug);
/// In the background, what was warned of since start_logging(), a line each: for the one who mounts
/// and is still there to read it. Nothing in the foreground, where it was on the terminal.
std::vector<std::string> end_of_starting();
/// SIGUSR1: one step more talkative, and from the most talkative back to the usual.
void raise_log_level();

}  // namespace vtpmfs::fs
