#include <memory>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/session/session_operations.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"

namespace vtpmfs::simulator {
namespace {

const Ref kAuthorizationManager{"AuthorizationManager", "AuthorizationManager"};

Outcome<void> has_privilege(Call& call, const _vim25__HasPrivilegeOnEntities& request,
                            _vim25__HasPrivilegeOnEntitiesResponse& response) {
  const auto session = call.simulator().sessions().find_by_key(request.sessionId);
  if (!session) return refuse(invalid_argument("sessionId"));
  for (const auto& entity : request.entity) {
    const Ref ref = ref_of(entity);
    if (!call.find(ref)) return refuse(object_not_found(ref));
    auto& answer = response.returnval.emplace_back();
    answer.entity = entity;
    for (const auto& privilege : request.privId) {
      auto& one = answer.privAvailability.emplace_back();
      one.privId = privilege;
      one.isGranted = call.simulator().permissions().allows(call.inventory(), session->who().user,
                                                            ref, privilege);
    }
  }
  return {};
}

Outcome<void> fetch_privileges(Call& call, const _vim25__FetchUserPrivilegeOnEntities& request,
                               _vim25__FetchUserPrivilegeOnEntitiesResponse& response) {
  // Others' privileges are an administrator's business.
  if (request.userName != call.user()) {
    if (auto allowed = call.require(call.inventory().root(), "Authorization.ModifyPermissions");
        !allowed) {
      return allowed;
    }
  }
  for (const auto& entity : request.entities) {
    const Ref ref = ref_of(entity);
    if (!call.find(ref)) return refuse(object_not_found(ref));
    auto& answer = response.returnval.emplace_back();
    answer.entity = entity;
    for (const auto privilege : Permissions::known_privileges()) {
      if (call.simulator().permissions().allows(call.inventory(), request.userName, ref,
                                                privilege)) {
        answer.privileges.emplace_back(privilege);
      }
    }
  }
  return {};
}

}  // namespace

void add_permission_operations(Simulator& simulator) {
  simulator.inventory().add(std::make_shared<Singleton>(kAuthorizationManager));
  simulator.service_content()["authorizationManager"] = kAuthorizationManager;
  simulator.operations().on<_vim25__HasPrivilegeOnEntities, _vim25__HasPrivilegeOnEntitiesResponse>(
      {"AuthorizationManager", "System.View", Lock::shared}, has_privilege);
  simulator.operations()
      .on<_vim25__FetchUserPrivilegeOnEntities, _vim25__FetchUserPrivilegeOnEntitiesResponse>(
          {"AuthorizationManager", "System.View", Lock::shared}, fetch_privileges);
}

}  // namespace vtpmfs::simulator
