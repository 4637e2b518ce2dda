// The smallest world that the server core can be tested with: folders and machines with a handful
// of properties.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/wire_time.h"

namespace vtpmfs::simulator {

class TestMachine : public ManagedObject {
 public:
  TestMachine(Ref ref, Ref parent, std::string its_name)
      : ManagedObject(std::move(ref)), name(std::move(its_name)), parent_(std::move(parent)) {}

  [[nodiscard]] Ref container() const override { return parent_; }
  [[nodiscard]] const PropertyTable& properties() const override {
    static const PropertyTable table =
        Declare<TestMachine>()
            .property(
                "name",
                [](const TestMachine& m, const Reading& r) { return text_value(r, m.name); },
                "System.View")
            .property(
                "parent",
                [](const TestMachine& m, const Reading& r) { return ref_value(r, m.parent_); },
                "System.View")
            .property("config.changeVersion",
                      [](const TestMachine& m, const Reading& r) {
                        return text_value(r, m.change_version);
                      })
            .property("config.annotation",
                      [](const TestMachine& m, const Reading& r) -> Value {
                        return m.annotation.empty() ? nullptr : text_value(r, m.annotation);
                      })
            .property("config.extraConfig[]", extra_config)
            .property("config.hardware.device[#]", device)
            .unset("config.keyId")
            .table();
    return table;
  }

  std::string name;
  std::string change_version = wire_time_now();
  std::string annotation;
  std::map<std::string, std::string> extra;

 private:
  static Value extra_config(const TestMachine& machine, const Reading& reading) {
    const auto found = machine.extra.find(reading.key);
    if (found == machine.extra.end()) return nullptr;
    auto* option = reading.arena.make<vim25__OptionValue>();
    option->key = found->first;
    option->value = reading.arena.text(found->second);
    return option;
  }
  static Value device(const TestMachine&, const Reading& reading) {
    if (reading.key != "11000") return nullptr;
    auto* tpm = reading.arena.make<vim25__VirtualTPM>();
    tpm->key = 11000;
    tpm->endorsementKeyCertificate.push_back("MIIE");
    return tpm;
  }

  Ref parent_;
};

class TestFolder : public ManagedObject {
 public:
  TestFolder(Ref ref, Ref parent, std::string name)
      : ManagedObject(std::move(ref)), parent_(std::move(parent)), name_(std::move(name)) {}

  [[nodiscard]] Ref container() const override { return parent_; }
  void append_contents(std::vector<Ref>& contents) const override {
    contents.insert(contents.end(), children.begin(), children.end());
  }
  [[nodiscard]] const PropertyTable& properties() const override {
    static const PropertyTable table =
        Declare<TestFolder>()
            .property(
                "name",
                [](const TestFolder& f, const Reading& r) { return text_value(r, f.name_); },
                "System.View")
            .property(
                "parent",
                [](const TestFolder& f, const Reading& r) { return ref_value(r, f.parent_); },
                "System.View")
            .property(
                "childEntity",
                [](const TestFolder& f, const Reading& r) { return refs_value(r, f.children); },
                "System.View")
            .table();
    return table;
  }

  std::vector<Ref> children;

 private:
  Ref parent_;
  std::string name_;
};

/// A root folder with one folder "vm" in it, which holds the machines.
class SmallWorld {
 public:
  explicit SmallWorld(Simulator& simulator) : simulator_(simulator) {
    Inventory& inventory = simulator.inventory();
    const auto hold = inventory.write();
    auto root = std::make_shared<TestFolder>(root_ref, Ref{}, "Datacenters");
    auto folder = std::make_shared<TestFolder>(folder_ref, root_ref, "vm");
    root->children.push_back(folder_ref);
    inventory.add(std::move(root));
    inventory.add(std::move(folder));
    inventory.set_root(root_ref);
  }

  Ref add_machine(const std::string& name) {
    Inventory& inventory = simulator_.inventory();
    const auto hold = inventory.write();
    Ref ref = inventory.new_ref("VirtualMachine", "vm");
    inventory.get<TestFolder>(folder_ref)->children.push_back(ref);
    inventory.add(std::make_shared<TestMachine>(ref, folder_ref, name));
    inventory.changed(folder_ref);
    return ref;
  }
  void add_machines(int count) {
    for (int i = 0; i < count; ++i) add_machine("machine-" + std::to_string(i));
  }
  void remove_machine(const Ref& ref) {
    Inventory& inventory = simulator_.inventory();
    const auto hold = inventory.write();
    auto& children = inventory.get<TestFolder>(folder_ref)->children;
    children.erase(std::remove(children.begin(), children.end(), ref), children.end());
    inventory.remove(ref);
    inventory.changed(folder_ref);
  }
  template <class Change>
  void change(const Ref& ref, Change change) {
    const auto hold = simulator_.inventory().write();
    change(*simulator_.inventory().get<TestMachine>(ref));
    simulator_.inventory().changed(ref);
  }

  const Ref root_ref{"Folder", "group-d1"};
  const Ref folder_ref{"Folder", "group-v3"};

 private:
  Simulator& simulator_;
};

}  // namespace vtpmfs::simulator
