// Where the daemon's lines go.
#pragma once

namespace vtpmfs::fs {

/// stderr in the foreground, the system's log in the background. One line an event; never a secret.
/// With `debug`, every request too.
void start_logging(bool foreground, bool debug);
/// SIGUSR1: one step more talkative, and from the most talkative back to the usual.
void raise_log_level();

}  // namespace vtpmfs::fs
