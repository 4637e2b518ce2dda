// Where the daemon's lines go.
#pragma once

#include <string>
#include <vector>

#include "fs/options/options.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// To --log, else to stderr in the foreground and the system's log in the background. One line an
/// event, with the id of vCenter's operation where it belongs to one; never a secret. With --debug,
/// every request too. The events from info up are kept for events_text(), whatever the level is.
/// EINVAL for stderr in the background, which has none; ENOENT, ECONNREFUSED where there is no
/// journal.
Status start_logging(const Options& options);
/// In the background, what was warned of since start_logging(), a line each: for the one who mounts
/// and is still there to read it. Nothing in the foreground, where it was on the terminal.
std::vector<std::string> end_of_starting();
/// .vtpmfs/events.log: the last events, oldest first. A line is time in UTC, level, operation id or
/// `-`, and words.
std::string events_text();
/// SIGUSR1: one step more talkative, and from the most talkative back to the usual.
void raise_log_level();

}  // namespace vtpmfs::fs
