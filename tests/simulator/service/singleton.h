// Managed objects of which there is one, with no or few properties.
#pragma once

#include "tests/simulator/model/managed_object.h"
#include "tests/simulator/model/property_table.h"

namespace vtpmfs::simulator {

/// An object that is there to receive calls: ServiceInstance, ViewManager, SearchIndex ...
class Singleton : public ManagedObject {
 public:
  explicit Singleton(Ref ref, PropertyTable properties = {})
      : ManagedObject(std::move(ref)), properties_(std::move(properties)) {}

  [[nodiscard]] const PropertyTable& properties() const override { return properties_; }

 private:
  const PropertyTable properties_;
};

}  // namespace vtpmfs::simulator
