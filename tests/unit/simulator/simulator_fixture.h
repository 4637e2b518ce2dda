// A running simulator with the small world in it, and the requests that the tests have in common.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/patience.h"
#include "tests/unit/simulator/raw_client.h"
#include "tests/unit/simulator/small_world.h"

namespace vtpmfs::simulator {

class SimulatorFixture : public ::testing::Test {
 protected:
  static Options with_control() {
    Options options;
    options.control = true;
    return options;
  }
  SimulatorFixture() : simulator(with_control()), world(simulator), client(simulator) {
    simulator.start();
  }

  /// Waits for what another thread brings about.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(20));
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  static vim25__ManagedObjectReference collector() {
    return vsphere::reference("PropertyCollector", "propertyCollector");
  }

  /// Wants these paths of one object.
  static _vim25__RetrievePropertiesEx retrieve_request(const Ref& object,
                                                       std::vector<std::string> paths) {
    _vim25__RetrievePropertiesEx request;
    request._USCOREthis = collector();
    auto& spec = request.specSet.emplace_back();
    spec.propSet.emplace_back().type = object.type;
    spec.propSet.back().pathSet = std::move(paths);
    spec.objectSet.emplace_back().obj = wire(object);
    return request;
  }

  /// A filter over all machines of a view.
  vim25__PropertyFilterSpec view_spec(vsphere::Arena& arena,
                                      const vim25__ManagedObjectReference& view,
                                      std::vector<std::string> paths) {
    vim25__PropertyFilterSpec spec;
    spec.propSet.emplace_back().type = "VirtualMachine";
    spec.propSet.back().pathSet = std::move(paths);
    auto& start = spec.objectSet.emplace_back();
    start.obj = view;
    start.skip = true;
    auto* traversal = arena.make<vim25__TraversalSpec>();
    traversal->name = "view";
    traversal->type = view.type;
    traversal->path = "view";
    start.selectSet.push_back(traversal);
    return spec;
  }

  vim25__ManagedObjectReference create_view(RawClient& by, const std::string& type) {
    _vim25__CreateContainerView request;
    request._USCOREthis = vsphere::reference("ViewManager", "ViewManager");
    request.container = wire(world.root_ref);
    request.type.push_back(type);
    request.recursive = true;
    const auto response = by.call<_vim25__CreateContainerViewResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    return response ? *(*response)->returnval : vim25__ManagedObjectReference{};
  }

  Simulator simulator;
  SmallWorld world;
  RawClient client;
};

}  // namespace vtpmfs::simulator
