// SessionManager and AuthorizationManager.
#pragma once

namespace vtpmfs::simulator {

class Simulator;

/// Login, Logout, SessionIsActive, currentSession.
void add_session_operations(Simulator& simulator);
/// HasPrivilegeOnEntities, FetchUserPrivilegeOnEntities.
void add_permission_operations(Simulator& simulator);

}  // namespace vtpmfs::simulator
