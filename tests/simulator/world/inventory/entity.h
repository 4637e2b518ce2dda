// Folders, datacenters, hosts: the things of the inventory tree that are not virtual machines.
//
// They are read under the inventory's lock held shared and changed under it held exclusively; who
// changes one calls Inventory::changed(). References to other objects are kept as Ref, never as a
// pointer, so nothing dangles when an object goes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/model/managed_object.h"
#include "tests/simulator/model/property_table.h"

namespace vtpmfs::simulator {

/// ManagedEntity: what has a name and a parent.
class Entity : public ManagedObject {
 public:
  Entity(Ref ref, std::string name, Ref parent)
      : ManagedObject(std::move(ref)), name_(std::move(name)), parent_(std::move(parent)) {}

  /// As the API gives it: `/`, `\` and `%` escaped as %2f, %5c and %25.
  [[nodiscard]] const std::string& name() const { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  [[nodiscard]] const Ref& parent() const { return parent_; }
  void set_parent(Ref parent) { parent_ = std::move(parent); }
  [[nodiscard]] Ref container() const override { return parent_; }

 private:
  std::string name_;
  Ref parent_;
};

/// name, parent and what else all entities have.
PropertyTable entity_properties();

class Folder final : public Entity {
 public:
  Folder(Ref ref, std::string name, Ref parent, std::vector<std::string> child_types)
      : Entity(std::move(ref), std::move(name), std::move(parent)),
        child_types_(std::move(child_types)) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  void append_contents(std::vector<Ref>& contents) const override;

  [[nodiscard]] const std::vector<Ref>& children() const { return children_; }
  [[nodiscard]] const std::vector<std::string>& child_types() const { return child_types_; }
  [[nodiscard]] bool takes(std::string_view type) const;
  void add_child(Ref child) { children_.push_back(std::move(child)); }
  void remove_child(const Ref& child);

 private:
  std::vector<std::string> child_types_;
  std::vector<Ref> children_;
};

class Datacenter final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;
  void append_contents(std::vector<Ref>& contents) const override;

  Ref vm_folder;
  Ref host_folder;
  Ref datastore_folder;
  Ref network_folder;
  std::vector<Ref> datastores;
  std::vector<Ref> networks;
};

/// A standalone host (type ComputeResource) or a cluster (type ClusterComputeResource).
class ComputeResource final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;
  void append_contents(std::vector<Ref>& contents) const override;
  [[nodiscard]] bool is_cluster() const { return ref().type == "ClusterComputeResource"; }

  Ref pool;
  std::vector<Ref> hosts;
  std::vector<Ref> datastores;
  std::vector<Ref> networks;
  bool drs = false;  ///< DRS chooses the host; without it the caller names one
  Ref environment;   ///< its EnvironmentBrowser
};

class HostSystem final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;

  std::string connection = "connected";  ///< connected, disconnected or notResponding
  bool maintenance = false;
  bool has_tpm = true;
  std::string crypto_state = "safe";  ///< or incapable, prepared
  int newest_hardware = 21;           ///< the newest hardware version that its ESXi runs
  std::vector<std::string> lacks;     ///< guests and device types that its ESXi does not know
  std::vector<Ref> datastores;
  std::vector<Ref> networks;
};

/// A resource pool, or a vApp (type VirtualApp), which is one too.
class ResourcePool final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;
  void append_contents(std::vector<Ref>& contents) const override;
  [[nodiscard]] bool is_vapp() const { return ref().type == "VirtualApp"; }
  void remove_vm(const Ref& vm);

  Ref owner;
  std::vector<Ref> pools;
  std::vector<Ref> vms;
  Ref parent_folder;  ///< of a vApp: the VM folder that it stands in
};

/// A standard network, a distributed port group or an opaque network, by its type.
class Network final : public Entity {
 public:
  using Entity::Entity;

  [[nodiscard]] const PropertyTable& properties() const override;

  std::vector<Ref> hosts;
  Ref distributed_switch;  ///< of a port group
  std::string switch_uuid;
  std::string opaque_id;
  std::string opaque_type;
};

/// A distributed switch: only its uuid matters here.
class DistributedSwitch final : public Entity {
 public:
  using Entity::Entity;
  [[nodiscard]] const PropertyTable& properties() const override;
  std::string uuid;
  std::vector<Ref> portgroups;
};

}  // namespace vtpmfs::simulator
