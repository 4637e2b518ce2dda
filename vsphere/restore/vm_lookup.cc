#include "vsphere/restore/vm_lookup.h"

#include <cerrno>

#include "vsphere/property/fault_error.h"
#include "vsphere/property/references.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

Result<MoRef> search_index(SoapCaller& caller) {
  if (!caller.refs().search_index) return fail(EOPNOTSUPP, "the server has no search index");
  return *caller.refs().search_index;
}

template <class Request>
Request uuid_request(const MoRef& index, const std::string& uuid, bool instance) {
  Request request;
  request._USCOREthis = to_soap(index);
  request.uuid = uuid;
  request.vmSearch = true;
  request.instanceUuid = instance;
  return request;
}

bool is_missing_method(const Error& error) {
  const std::string_view fault = fault_type(error);
  return fault == "MethodNotFound" || fault == "NotSupported" || fault == "NotImplemented";
}

}  // namespace

Result<std::optional<MoRef>> find_child_of(SoapCaller& caller, const MoRef& folder,
                                           const std::string& name, const Call& how) {
  const auto index = search_index(caller);
  if (!index) return fail(index.error());
  _vim25__FindChild request;
  request._USCOREthis = to_soap(*index);
  request.entity = to_soap(folder);
  request.name = name;
  const auto answer = call<_vim25__FindChildResponse>(caller, request, how);
  if (!answer) return fail(answer.error());
  if (!(*answer)->returnval) return std::optional<MoRef>();
  return std::optional<MoRef>(from_soap(*(*answer)->returnval));
}

Result<std::vector<MoRef>> find_vms_by_uuid(SoapCaller& caller, const std::string& uuid,
                                            bool instance, const Call& how) {
  std::vector<MoRef> found;
  if (uuid.empty()) return found;
  const auto index = search_index(caller);
  if (!index) return fail(index.error());
  const auto all = call<_vim25__FindAllByUuidResponse>(
      caller, uuid_request<_vim25__FindAllByUuid>(*index, uuid, instance), how);
  if (all) {
    for (const auto& ref : (*all)->returnval) found.push_back(from_soap(ref));
    return found;
  }
  if (!is_missing_method(all.error())) return fail(all.error());
  const auto one = call<_vim25__FindByUuidResponse>(
      caller, uuid_request<_vim25__FindByUuid>(*index, uuid, instance), how);
  if (!one) return fail(one.error());
  if ((*one)->returnval) found.push_back(from_soap(*(*one)->returnval));
  return found;
}

}  // namespace vtpmfs::vsphere
