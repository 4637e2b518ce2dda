#include "vsphere/restore/session_privileges.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/values.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

_vim25__HasPrivilegeOnEntities question(const ServiceRefs& refs, const std::string& session,
                                        const std::vector<PrivilegeOn>& wanted) {
  _vim25__HasPrivilegeOnEntities request;
  request._USCOREthis = to_soap(*refs.authorization_manager);
  request.sessionId = session;
  std::set<MoRef> objects;
  std::set<std::string> privileges;
  for (const PrivilegeOn& one : wanted) {
    objects.insert(one.object);
    privileges.insert(one.privilege);
  }
  for (const MoRef& object : objects) request.entity.push_back(to_soap(object));
  request.privId.assign(privileges.begin(), privileges.end());
  return request;
}

/// Each object is asked about each privilege: what nobody wanted to know is passed over.
std::vector<PrivilegeOn> refused(const _vim25__HasPrivilegeOnEntitiesResponse& answer,
                                 const std::vector<PrivilegeOn>& wanted) {
  std::vector<PrivilegeOn> missing;
  for (const auto& about : answer.returnval) {
    for (const auto& one : about.privAvailability) {
      PrivilegeOn seen{from_soap(about.entity), one.privId};
      if (!one.isGranted && std::find(wanted.begin(), wanted.end(), seen) != wanted.end())
        missing.push_back(std::move(seen));
    }
  }
  return missing;
}

}  // namespace

Result<std::string> SessionPrivileges::read_session_key(const Call& call) {
  PropertyQuery query;
  query.objects = {*caller_.refs().session_manager};
  query.properties = {{query.objects.front().type, {"currentSession"}}};
  Result<std::string> key = fail(EOPNOTSUPP, "the server does not show this session");
  PropertyCollector collector(caller_);
  const auto status = collector.retrieve(
      query, call, [] {},
      [&](const vim25__ObjectContent& content) {
        const ObjectProperties object(content);
        if (auto error = object.missing("currentSession")) {
          key = fail(std::move(*error));
        } else if (const auto* session =
                       value_as<vim25__UserSession>(object.value("currentSession"))) {
          key = session->key;
        }
      });
  if (!status) return fail(status.error());
  return key;
}

Result<std::string> SessionPrivileges::session_key(const Call& call) {
  // Read before the call: a login meanwhile makes the key an old one.
  const uint64_t generation = caller_.session_generation();
  {
    const std::lock_guard hold(lock_);
    if (generation_ == generation && !key_.empty()) return key_;
  }
  auto key = read_session_key(call);
  if (!key) return key;
  const std::lock_guard hold(lock_);
  generation_ = generation;
  key_ = *key;
  return key;
}

Result<std::vector<PrivilegeOn>> SessionPrivileges::missing(const std::vector<PrivilegeOn>& wanted,
                                                            const Call& how) {
  const ServiceRefs& refs = caller_.refs();
  if (!refs.authorization_manager || !refs.session_manager)
    return fail(EOPNOTSUPP, "the server has no service that tells privileges");
  std::vector<PrivilegeOn> asked = wanted;
  for (PrivilegeOn& one : asked)
    if (one.object.value.empty()) one.object = refs.root_folder;

  constexpr int kTries = 2;  // a session that ended between the two calls
  Error last{Errno{EIO}, "not asked"};
  for (int i = 0; i < kTries; ++i) {
    const uint64_t generation = caller_.session_generation();
    const auto key = session_key(how);
    if (!key) return fail(key.error());
    const auto answer =
        call<_vim25__HasPrivilegeOnEntitiesResponse>(caller_, question(refs, *key, asked), how);
    if (answer) {
      std::vector<PrivilegeOn> missing = refused(**answer, asked);
      for (PrivilegeOn& one : missing)
        if (one.object == refs.root_folder) one.object = MoRef{};
      return missing;
    }
    last = answer.error();
    if (caller_.session_generation() == generation) break;
  }
  return fail(last);
}

}  // namespace vtpmfs::vsphere
