// ContainerView and ListView: lists of objects that a session keeps at the server.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/managed_object.h"

namespace vtpmfs::simulator {

class Simulator;

/// What both kinds have: the property `view`.
/// Threads: contents() with the inventory's lock held, shared suffices.
class View : public ManagedObject {
 public:
  using ManagedObject::ManagedObject;
  [[nodiscard]] virtual std::vector<Ref> contents() const = 0;
};

/// All objects below a container, of some types, kept up to date by looking again after the tree
/// changed.
class ContainerView : public View {
 public:
  ContainerView(Ref ref, const Inventory& inventory, Ref container, std::vector<std::string> types,
                bool recursive)
      : View(std::move(ref)),
        inventory_(inventory),
        container_(std::move(container)),
        types_(std::move(types)),
        recursive_(recursive) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  [[nodiscard]] std::vector<Ref> contents() const override;

 private:
  [[nodiscard]] std::vector<Ref> look() const;

  const Inventory& inventory_;
  const Ref container_;
  const std::vector<std::string> types_;
  const bool recursive_;
  mutable std::mutex lock_;  // a leaf: several readers may ask at once
  mutable uint64_t seen_generation_ = 0;
  mutable bool looked_ = false;
  mutable std::vector<Ref> contents_;
};

/// The objects that the client named, without those that are gone.
class ListView : public View {
 public:
  ListView(Ref ref, const Inventory& inventory, std::vector<Ref> objects)
      : View(std::move(ref)), inventory_(inventory), objects_(std::move(objects)) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  [[nodiscard]] std::vector<Ref> contents() const override;

 private:
  const Inventory& inventory_;
  const std::vector<Ref> objects_;
};

/// Adds the ViewManager: CreateContainerView, CreateListView, DestroyView.
void add_view_operations(Simulator& simulator);

}  // namespace vtpmfs::simulator
