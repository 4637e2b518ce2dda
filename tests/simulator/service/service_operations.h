// ServiceInstance, SessionManager and AuthorizationManager.
#pragma once

namespace vtpmfs::simulator {

class Simulator;

/// Adds the objects and their operations: RetrieveServiceContent, CurrentTime, Login, Logout,
/// SessionIsActive, HasPrivilegeOnEntities, FetchUserPrivilegeOnEntities.
void add_service(Simulator& simulator);

}  // namespace vtpmfs::simulator
