#include "vsphere/datastore/nvram_search.h"

#include <cerrno>

#include "vsphere/datastore_path.h"
#include "vsphere/date_time.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/values.h"
#include "vsphere/soap_caller.h"
#include "vsphere/task/task_wait.h"

namespace vtpmfs::vsphere {
namespace {

vim25__HostDatastoreBrowserSearchSpec search_spec(Arena& arena) {
  vim25__HostDatastoreBrowserSearchSpec spec;
  spec.query.push_back(arena.make<vim25__VmNvramFileQuery>());
  spec.details.emplace();
  spec.details->fileType = true;
  spec.details->fileSize = true;
  spec.details->modification = true;
  spec.details->fileOwner = false;
  spec.searchCaseInsensitive = true;
  // Some servers find nothing where no pattern is given.
  spec.matchPattern.emplace_back("*.nvram");
  spec.sortFoldersFirst = false;
  return spec;
}

template <class Request, class Response>
Result<MoRef> start_search(SoapCaller& caller, const MoRef& browser, const std::string& path,
                           const Call& how) {
  Arena arena;
  Request request;
  request._USCOREthis = to_soap(browser);
  request.datastorePath = path;
  request.searchSpec = search_spec(arena);
  const auto answer = call<Response>(caller, request, how);
  if (!answer) return fail(answer.error());
  return from_soap(*(*answer)->returnval);
}

/// The directory with a slash at its end; empty at the root; no value where the text is no folder
/// of this datastore. Servers write "[ds] dir/", "[ds] dir", and vcsim "[ds]/dir".
std::optional<std::string> directory_of(std::string_view folder_path,
                                        const std::string& datastore) {
  const std::string root = "[" + datastore + "]";
  if (!folder_path.starts_with(root)) return std::nullopt;
  std::string_view rest = folder_path.substr(root.size());
  if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  while (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  return rest.empty() ? std::string() : std::string(rest) + "/";
}

void add_files(const vim25__HostDatastoreBrowserSearchResults& folder, const std::string& directory,
               NvramListing& listing) {
  for (const vim25__FileInfo* file : folder.file) {
    // Also names that are never fetched: what is listed tells whether a VM has an nvram at all.
    if (file == nullptr) continue;
    DatastoreFile entry;
    if (file->fileSize && *file->fileSize > 0) entry.size = static_cast<uint64_t>(*file->fileSize);
    if (file->modification) entry.modified = parse_date_time(*file->modification);
    listing[directory + file->path] = entry;
  }
}

}  // namespace

Result<NvramListing> read_search_results(const xsd__anyType* result, const std::string& datastore,
                                         const std::optional<std::string>& directory) {
  // What lists nothing must have said so: an nvram that is not listed is one that is not there.
  if (result == nullptr) return fail(EIO, "the search ended without a result");
  std::vector<const vim25__HostDatastoreBrowserSearchResults*> folders;
  if (const auto* one = value_as<vim25__HostDatastoreBrowserSearchResults>(result)) {
    folders.push_back(one);
  } else if (const auto* many = value_as<vim25__ArrayOfHostDatastoreBrowserSearchResults>(result)) {
    for (const auto& folder : many->HostDatastoreBrowserSearchResults) folders.push_back(&folder);
  } else {
    return fail(property_value::unexpected(*result, "a list of files"));
  }
  NvramListing listing;
  for (const auto* folder : folders) {
    if (directory) {
      add_files(*folder, directory->empty() ? "" : *directory + "/", listing);
      continue;
    }
    const std::string where = folder->folderPath.value_or("");
    const auto found = directory_of(where, datastore);
    if (!found) return fail(EIO, "the search lists '" + where + "', outside " + datastore);
    add_files(*folder, *found, listing);
  }
  return listing;
}

Result<NvramListing> search_nvram(SoapCaller& caller, const DatastorePlace& place,
                                  const std::optional<std::string>& directory, const Call& call) {
  const DatastorePath at{place.name, directory.value_or("")};
  const std::string path = at.path.empty() ? "[" + at.datastore + "]" : at.text();
  const auto task = directory ? start_search<_vim25__SearchDatastore_USCORETask,
                                             _vim25__SearchDatastore_USCORETaskResponse>(
                                    caller, place.browser, path, call)
                              : start_search<_vim25__SearchDatastoreSubFolders_USCORETask,
                                             _vim25__SearchDatastoreSubFolders_USCORETaskResponse>(
                                    caller, place.browser, path, call);
  if (!task) return fail(task.error());
  NvramListing listing;
  const auto searched = wait_for_task(
      caller, *task, call, TaskPatience::until_timeout, [](int) {},
      [&](const xsd__anyType* result) -> Status {
        auto read = read_search_results(result, place.name, directory);
        if (!read) return fail(std::move(read.error()));
        listing = std::move(*read);
        return {};
      });
  if (!searched) {
    // A search changes nothing, so there is nothing that may have been done.
    Error error = searched.error();
    error.maybe_done = false;
    return fail(std::move(error));
  }
  return listing;
}

}  // namespace vtpmfs::vsphere
