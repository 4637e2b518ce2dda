// What every object of the simulated vCenter is.
#pragma once

#include <utility>
#include <vector>

#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

class PropertyTable;

/// A managed object: a name (its reference), a place in the tree and a table of properties.
///
/// Threads: objects are read under the inventory's lock held shared and changed under it held
/// exclusively; they have no lock of their own. Ownership: the inventory (or, for views, collectors
/// and filters, the session) holds them by shared_ptr.
/// Size: a fleet has 100,000 of them; keep members few and make what is large when it is asked for.
class ManagedObject {
 public:
  explicit ManagedObject(Ref ref) : ref_(std::move(ref)) {}
  virtual ~ManagedObject() = default;
  ManagedObject(const ManagedObject&) = delete;
  ManagedObject& operator=(const ManagedObject&) = delete;

  [[nodiscard]] const Ref& ref() const { return ref_; }

  /// The properties that this type declares. One table a type, made once, never changed.
  [[nodiscard]] virtual const PropertyTable& properties() const = 0;

  /// The object above in the tree, for permissions; empty for the root folder and for singletons
  /// (a permission on those is looked up at the root folder). A VM in a vApp answers the vApp.
  [[nodiscard]] virtual Ref container() const { return {}; }

  /// Appends the objects that a ContainerView finds below this one (childEntity, the four folders
  /// of a datacenter, hosts, pools, VMs of a pool ...). Twice the same one does no harm.
  virtual void append_contents(std::vector<Ref>& contents) const { (void)contents; }

 private:
  const Ref ref_;
};

}  // namespace vtpmfs::simulator
