// All objects of the simulated vCenter that outlive a session, and the news about them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/simulator/model/managed_object.h"

namespace vtpmfs::simulator {

/// Hears of changes; property filters do. Called with the inventory's lock held exclusively:
/// implementations take a leaf lock of their own at most.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  /// A property of the object may have another value now.
  virtual void object_changed(const Ref& ref) = 0;
  /// Objects came, went or moved: a ContainerView may hold others now.
  virtual void tree_changed() = 0;
};

/// The world's one lock and its table of objects.
///
/// Lock order: inventory, then anything else of the simulator. Operations run with the lock held
/// exclusively, unless they were registered otherwise; tasks too. The property collector reads with
/// it held shared.
class Inventory {
 public:
  using ReadLock = std::shared_lock<std::shared_mutex>;
  using WriteLock = std::unique_lock<std::shared_mutex>;

  [[nodiscard]] ReadLock read() const { return ReadLock(lock_); }
  [[nodiscard]] WriteLock write() { return WriteLock(lock_); }

  // The rest wants the lock: shared for const functions, exclusively for the others.

  /// Takes an object in. Tells the views. The reference must be new.
  void add(std::shared_ptr<ManagedObject> object);
  /// Lets an object go. Its container's properties (childEntity, vm) are the caller's to report.
  void remove(const Ref& ref);
  /// To be called after each change of a property's value (one call for many properties is fine).
  void changed(const Ref& ref);
  /// To be called after an object moved to another container (add and remove do it by themselves).
  void moved();

  [[nodiscard]] std::shared_ptr<ManagedObject> find(const Ref& ref) const;
  /// The object if it exists and is a T; else null.
  template <class T>
  [[nodiscard]] T* get(const Ref& ref) const {
    const auto found = objects_.find(ref);
    return found == objects_.end() ? nullptr : dynamic_cast<T*>(found->second.get());
  }
  [[nodiscard]] size_t size() const { return objects_.size(); }
  /// Grows whenever the tree changes: what was derived from it then may be kept until then.
  [[nodiscard]] uint64_t tree_generation() const { return tree_generation_; }
  /// The properties of a type that was declared, or of which an object has been added; else null.
  [[nodiscard]] const PropertyTable* properties_of(std::string_view type) const;

  /// Makes a type's properties known before (or without) an object of exactly that type; `table`
  /// must live as long as the inventory.
  void declare_type(std::string type, const PropertyTable& table);

  /// A reference never used before: ("VirtualMachine", "vm") -> VirtualMachine vm-1203.
  /// Thread-safe, needs no lock.
  [[nodiscard]] Ref new_ref(std::string type, std::string_view prefix);

  /// The object at the top, where permissions begin.
  void set_root(Ref root) { root_ = std::move(root); }
  [[nodiscard]] const Ref& root() const { return root_; }

  void subscribe(std::weak_ptr<ChangeListener> listener);

 private:
  mutable std::shared_mutex lock_;
  std::unordered_map<Ref, std::shared_ptr<ManagedObject>> objects_;
  std::map<std::string, const PropertyTable*, std::less<>> tables_;
  Ref root_;
  uint64_t tree_generation_ = 0;
  std::atomic<uint64_t> last_id_{1000};
  std::mutex listeners_lock_;
  std::vector<std::weak_ptr<ChangeListener>> listeners_;
};

}  // namespace vtpmfs::simulator
