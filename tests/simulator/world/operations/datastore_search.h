// HostDatastoreBrowser: which files of a directory a search finds, and what it tells of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/soap/fault.h"
#include "tests/simulator/task/task_engine.h"
#include "tests/simulator/world/files/datastore_path.h"
#include "tests/simulator/world/files/file_tree.h"

namespace vtpmfs::simulator {

class World;

/// A search as plain data: what the task keeps of the request.
struct DatastoreSearch {
  Ref datastore;
  DatastorePath path;
  bool with_subfolders = false;
  bool details_type = false;
  bool details_size = false;
  bool details_time = false;
  bool ignore_case = false;
  std::vector<std::string> patterns;
  /// Types asked for; empty: all files, but no directories.
  std::vector<FileType> types;
  bool wants_folders = false;
  bool has_query = false;
};

Outcome<DatastoreSearch> read_search(
    const World& world, const Ref& browser, const std::string& datastore_path,
    const std::optional<vim25__HostDatastoreBrowserSearchSpec>& spec, bool with_subfolders);

/// HostDatastoreBrowserSearchResults (or an array of them); FileNotFound where there is no
/// directory.
Outcome<TaskResult> run_search(const World& world, const DatastoreSearch& search);

}  // namespace vtpmfs::simulator
