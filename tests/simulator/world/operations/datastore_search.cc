#include "tests/simulator/world/operations/datastore_search.h"

#include <algorithm>
#include <memory>

#include "tests/simulator/model/value.h"
#include "tests/simulator/world/world_state.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {
namespace {

/// One thing found, without its gSOAP form.
struct FoundFile {
  std::string name;
  std::string friendly_name;
  std::int64_t size = 0;
  std::int64_t modified = 0;
  FileType type = FileType::other;
  bool folder = false;
};

struct FoundFolder {
  std::string path;  ///< "[ds] dir/"
  std::vector<FoundFile> files;
};

/// Whether a pattern of * and ? means the name; all other characters stand for themselves.
bool matches_pattern(std::string_view pattern, std::string_view name) {
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  std::size_t p = 0;
  std::size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool matches(const DatastoreSearch& search, const std::string& name) {
  if (search.patterns.empty()) return true;
  return std::any_of(search.patterns.begin(), search.patterns.end(),
                     [&](const std::string& pattern) {
                       return search.ignore_case ? matches_pattern(folded(pattern), folded(name))
                                                 : matches_pattern(pattern, name);
                     });
}

bool is_asked_for(const DatastoreSearch& search, FileType type) {
  if (!search.has_query) return true;
  return std::find(search.types.begin(), search.types.end(), type) != search.types.end();
}

void look_into(const DatastoreSearch& search, const Datastore& datastore, const std::string& path,
               std::vector<FoundFolder>& found) {
  const Directory* directory = datastore.files.directory(path);
  FoundFolder folder{DatastorePath{datastore.name(), path}.text(), {}};
  // An extent shows only as part of its disk.
  for (const auto& [name, file] : directory->files) {
    if (file.type == FileType::extent || !is_asked_for(search, file.type)) continue;
    if (!matches(search, name)) continue;
    folder.files.push_back({name, {}, file.content->size(), file.modified, file.type, false});
  }
  const auto below = datastore.files.subdirectories(path);
  for (const std::string& name : below) {
    if (search.has_query && !search.wants_folders) continue;
    const std::string inner = path.empty() ? name : path + "/" + name;
    const std::string friendly = datastore.files.directory(inner)->friendly_name;
    if (matches(search, name) || (!friendly.empty() && matches(search, friendly))) {
      folder.files.push_back({name, friendly, 0, now_in_seconds(), FileType::other, true});
    }
  }
  if (!path.empty()) folder.path += "/";
  found.push_back(std::move(folder));
  if (!search.with_subfolders) return;
  for (const std::string& name : below) {
    look_into(search, datastore, path.empty() ? name : path + "/" + name, found);
  }
}

vim25__FileInfo* make_info(const DatastoreSearch& search, const FoundFile& file,
                           vsphere::Arena& arena) {
  // Without details.fileType a search tells no types.
  if (!search.details_type) return arena.make<vim25__FileInfo>();
  if (file.folder) return arena.make<vim25__FolderFileInfo>();
  switch (file.type) {
    case FileType::nvram:
      return arena.make<vim25__VmNvramFileInfo>();
    case FileType::config:
      return arena.make<vim25__VmConfigFileInfo>();
    case FileType::log:
      return arena.make<vim25__VmLogFileInfo>();
    case FileType::disk:
    case FileType::extent:
      return arena.make<vim25__VmDiskFileInfo>();
    case FileType::snapshot:
      return arena.make<vim25__VmSnapshotFileInfo>();
    case FileType::other:
      break;
  }
  return arena.make<vim25__FileInfo>();
}

vim25__HostDatastoreBrowserSearchResults results_of(const DatastoreSearch& search,
                                                    const FoundFolder& folder,
                                                    vsphere::Arena& arena) {
  vim25__HostDatastoreBrowserSearchResults results;
  results.datastore = wire(search.datastore);
  results.folderPath = folder.path;
  for (const FoundFile& file : folder.files) {
    auto* info = make_info(search, file, arena);
    info->path = file.name;
    if (!file.friendly_name.empty()) info->friendlyName = file.friendly_name;
    if (search.details_size) info->fileSize = file.size;
    if (search.details_time) info->modification = time_text(file.modified);
    results.file.push_back(info);
  }
  return results;
}

Outcome<void> read_query(const vim25__FileQuery& query, DatastoreSearch& search) {
  if (vsphere::unknown_type(query)) return refuse(invalid_argument("searchSpec.query"));
  search.has_query = true;
  if (dynamic_cast<const vim25__VmNvramFileQuery*>(&query) != nullptr) {
    search.types.push_back(FileType::nvram);
  } else if (dynamic_cast<const vim25__VmConfigFileQuery*>(&query) != nullptr) {
    search.types.push_back(FileType::config);
  } else if (dynamic_cast<const vim25__VmLogFileQuery*>(&query) != nullptr) {
    search.types.push_back(FileType::log);
  } else if (dynamic_cast<const vim25__VmDiskFileQuery*>(&query) != nullptr) {
    search.types.push_back(FileType::disk);
  } else if (dynamic_cast<const vim25__VmSnapshotFileQuery*>(&query) != nullptr) {
    search.types.push_back(FileType::snapshot);
  } else if (dynamic_cast<const vim25__FolderFileQuery*>(&query) != nullptr) {
    search.wants_folders = true;
  } else {
    search.has_query = false;  // the base type asks for everything
  }
  return {};
}

}  // namespace

Outcome<DatastoreSearch> read_search(
    const World& world, const Ref& browser, const std::string& datastore_path,
    const std::optional<vim25__HostDatastoreBrowserSearchSpec>& spec, bool with_subfolders) {
  const auto* object = world.inventory.get<DatastoreBrowser>(browser);
  const auto* datastore = world.inventory.get<Datastore>(object->datastore());
  const auto path = parse_datastore_path(datastore_path);
  if (datastore == nullptr || !path || path->datastore != datastore->name()) {
    return refuse(fault_of("InvalidDatastore", "The path is not on the browser's datastore.")
                      .with("name", datastore_path));
  }
  if (!datastore->accessible()) {
    return refuse(fault_of("InaccessibleDatastore", "The datastore cannot be reached.")
                      .with("datastore", datastore->ref())
                      .with("name", datastore->name()));
  }
  DatastoreSearch search;
  search.datastore = datastore->ref();
  search.path = *path;
  search.with_subfolders = with_subfolders;
  if (!spec) return search;
  for (const auto* query : spec->query) {
    if (query == nullptr) return refuse(invalid_argument("searchSpec.query"));
    if (auto read = read_query(*query, search); !read) return refuse(read.error());
  }
  if (spec->details) {
    search.details_type = spec->details->fileType;
    search.details_size = spec->details->fileSize;
    search.details_time = spec->details->modification;
  }
  search.ignore_case = spec->searchCaseInsensitive.value_or(false);
  search.patterns = spec->matchPattern;
  return search;
}

Outcome<TaskResult> run_search(const World& world, const DatastoreSearch& search) {
  const auto* datastore = world.inventory.get<Datastore>(search.datastore);
  if (datastore == nullptr) return refuse(object_not_found(search.datastore));
  if (datastore->files.directory(search.path.path) == nullptr) {
    return refuse(file_not_found(search.path.text()));
  }
  auto found = std::make_shared<std::vector<FoundFolder>>();
  look_into(search, *datastore, search.path.path, *found);
  return TaskResult([search, found](vsphere::Arena& arena) -> Value {
    if (!search.with_subfolders) return arena.keep(results_of(search, found->front(), arena));
    vim25__ArrayOfHostDatastoreBrowserSearchResults array;
    for (const FoundFolder& folder : *found) {
      array.HostDatastoreBrowserSearchResults.push_back(results_of(search, folder, arena));
    }
    return arena.keep(std::move(array));
  });
}

}  // namespace vtpmfs::simulator
