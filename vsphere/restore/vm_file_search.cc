#include "vsphere/restore/vm_file_search.h"

#include <cerrno>

#include "vsphere/datastore_path.h"
#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/values.h"
#include "vsphere/soap_caller.h"
#include "vsphere/task/task_wait.h"

namespace vtpmfs::vsphere {
namespace {

vim25__HostDatastoreBrowserSearchSpec search_spec() {
  vim25__HostDatastoreBrowserSearchSpec spec;
  spec.details.emplace();
  spec.details->fileType = false;
  spec.details->fileSize = false;
  spec.details->modification = false;
  spec.details->fileOwner = false;
  spec.searchCaseInsensitive = true;
  spec.matchPattern = {"*.vmx", "*.vmtx"};
  spec.sortFoldersFirst = false;
  return spec;
}

Error nothing_changed(Error error) {
  error.maybe_done = false;
  return error;
}

}  // namespace

Result<std::vector<std::string>> find_vm_files(SoapCaller& caller, const DatastorePlace& place,
                                               const std::string& directory, const Call& how) {
  _vim25__SearchDatastore_USCORETask request;
  request._USCOREthis = to_soap(place.browser);
  request.datastorePath = DatastorePath{place.name, directory}.text();
  request.searchSpec = search_spec();
  const auto answer = call<_vim25__SearchDatastore_USCORETaskResponse>(caller, request, how);
  if (!answer) return fail(nothing_changed(answer.error()));
  std::vector<std::string> names;
  const auto searched = wait_for_task(
      caller, from_soap(*(*answer)->returnval), how, TaskPatience::until_timeout, [](int) {},
      [&](const xsd__anyType* result) -> Status {
        const auto* found = value_as<vim25__HostDatastoreBrowserSearchResults>(result);
        if (found == nullptr) return fail(property_value::unexpected(*result, "a list of files"));
        for (const vim25__FileInfo* file : found->file)
          if (file != nullptr) names.push_back(file->path);
        return {};
      });
  if (!searched && fault_type(searched.error()) == "FileNotFound") return names;
  if (!searched) return fail(nothing_changed(searched.error()));
  return names;
}

}  // namespace vtpmfs::vsphere
