// The files of one simulated datastore: directories, files, and what is in them.
//
// Contents are made when they are read (a fleet's nvram files would not fit into memory). FileTree
// has no lock of its own: it belongs to a Datastore and is read and changed under the inventory's
// lock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulator/world/sealing/nvram_image.h"

namespace vtpmfs::simulator {

/// What is in a file. Immutable, hence shared freely between threads.
class FileContent {
 public:
  virtual ~FileContent() = default;
  [[nodiscard]] virtual std::string bytes() const = 0;
  [[nodiscard]] virtual std::int64_t size() const = 0;
};
using Content = std::shared_ptr<const FileContent>;

/// The given bytes.
Content stored_bytes(std::string bytes);
/// An nvram image that is written anew each time it is read.
Content sealed_nvram(NvramState state, std::string data_key, std::size_t size);
/// A disk's extent: only its size is known, and nobody may read it.
Content opaque_extent(std::int64_t size);

/// As HostDatastoreBrowser tells them apart.
enum class FileType { other, config, nvram, log, disk, extent, snapshot };

struct File {
  FileType type = FileType::other;
  Content content;
  std::int64_t modified = 0;  ///< seconds since 1970
};

struct Directory {
  /// On vSAN, where directories are named by uuids: what people call it. Else empty.
  std::string friendly_name;
  std::map<std::string, File, std::less<>> files;
};

class FileTree {
 public:
  FileTree();

  [[nodiscard]] const File* find(std::string_view path) const;
  [[nodiscard]] const Directory* directory(std::string_view path) const;
  /// Names of the directories right below `path`.
  [[nodiscard]] std::vector<std::string> subdirectories(std::string_view path) const;
  [[nodiscard]] std::int64_t used() const { return used_; }

  /// Makes the directory and those above it.
  Directory& make_directory(std::string_view path);
  /// Writes or replaces a file; makes the directories above it.
  void put(std::string_view path, File file);
  bool remove_file(std::string_view path);
  /// Removes the directory and all below it.
  bool remove_directory(std::string_view path);
  /// Renames a file within its directory.
  bool rename_file(std::string_view path, std::string_view new_path);

 private:
  /// By path without a slash at either end; "" is the root and always there.
  std::map<std::string, Directory, std::less<>> directories_;
  std::int64_t used_ = 0;
};

/// "a/b/c.x" -> "a/b" and "c.x".
std::string_view directory_of(std::string_view path);
std::string_view file_name_of(std::string_view path);

/// What the name's ending says.
FileType file_type_of(std::string_view name);

}  // namespace vtpmfs::simulator
