// A datastore of the simulated vCenter, and the browser that searches it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulator/world/files/file_tree.h"
#include "tests/simulator/world/inventory/entity.h"

namespace vtpmfs::simulator {

enum class DatastoreKind { vmfs, nfs, vsan, vvol };

/// Which host sees a datastore, and how.
struct HostMount {
  Ref host;
  bool writable = true;
  bool accessible = true;
};

/// Locking as for all entities. On vSAN and vVol nobody but the server itself makes directories at
/// the top, and it names them by uuids.
class Datastore final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;

  [[nodiscard]] bool accessible() const { return accessible_; }
  void set_accessible(bool accessible);
  /// Whether directories at the top are of the server's making only.
  [[nodiscard]] bool has_namespaces() const {
    return kind == DatastoreKind::vsan || kind == DatastoreKind::vvol;
  }
  /// How such a directory is called.
  [[nodiscard]] std::string namespace_name(const std::string& uuid) const {
    return kind == DatastoreKind::vvol ? "rfc4122." + uuid : uuid;
  }
  [[nodiscard]] std::int64_t free_space() const;
  [[nodiscard]] const HostMount* mount_on(const Ref& host) const;
  [[nodiscard]] std::string url() const;

  DatastoreKind kind = DatastoreKind::vmfs;
  std::int64_t capacity = std::int64_t{4} << 40;
  /// What others than the simulated machines occupy: makes a datastore full.
  std::int64_t occupied = 0;
  bool maintenance = false;
  std::vector<HostMount> mounts;
  Ref browser;
  Ref datacenter;
  FileTree files;

 private:
  bool accessible_ = true;
};

/// HostDatastoreBrowser of one datastore.
class DatastoreBrowser final : public ManagedObject {
 public:
  DatastoreBrowser(Ref ref, Ref datastore)
      : ManagedObject(std::move(ref)), datastore_(std::move(datastore)) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  [[nodiscard]] Ref container() const override { return datastore_; }
  [[nodiscard]] const Ref& datastore() const { return datastore_; }

 private:
  Ref datastore_;
};

}  // namespace vtpmfs::simulator
