// The control verbs of the server core.
#pragma once

namespace vtpmfs::simulator {

class Simulator;

/// Counting, trouble, sessions, users, tasks, capture, switches, connections.
void add_core_verbs(Simulator& simulator);

}  // namespace vtpmfs::simulator
