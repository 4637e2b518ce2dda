// The inventory's tree over the real model, with VMs' files that the test makes up.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cache/inventory.h"
#include "cache/vm_sets.h"
#include "fs/tree/inventory_tree.h"

namespace vtpmfs::fs::testing {

using cache::FileRole;
using cache::SetFile;
using cache::SetListing;
using vsphere::EntityChange;
using vsphere::EntityProperty;
using vsphere::EntityValue;
using vsphere::InventoryUpdate;
using vsphere::MoRef;

inline const MoRef kRootFolder{"Folder", "group-d1"};
inline const MoRef kDatacenter{"Datacenter", "datacenter-2"};
inline const MoRef kVmFolder{"Folder", "group-v3"};
inline const MoRef kFinance{"Folder", "group-v10"};
inline const MoRef kPay{"VirtualMachine", "vm-1"};
inline const MoRef kWeb{"VirtualMachine", "vm-2"};

inline TimePoint at_second(int64_t second) {
  return TimePoint{std::chrono::seconds{second}};
}

/// VMs' files, counted pins, errors on demand.
class FakeSets : public cache::VmSets {
 public:
  struct Vm {
    SetListing listing;
    std::map<FileRole, std::string> contents;
    std::optional<Error> open_error, read_error;
    std::optional<std::string> change_version;
    std::shared_ptr<const std::string> key_id_file;
    std::map<FileRole, cache::Sha256Hash> hashes;
  };

  void put(const MoRef& vm, int64_t second, const std::string& nvram = std::string(1000, 'n')) {
    const std::lock_guard lock(mutex_);
    Vm& entry = vms_[vm];
    entry = Vm{};
    for (const FileRole role : cache::kFileRoles) {
      entry.contents[role] =
          role == FileRole::nvram ? nvram : std::string(cache::file_name(role)) + " of " + vm.value;
      entry.listing.files.push_back({role, entry.contents[role].size(), at_second(second)});
    }
    entry.listing.directory_time = at_second(second);
  }
  void change(const MoRef& vm, const std::function<void(Vm&)>& change) {
    const std::lock_guard lock(mutex_);
    change(vms_[vm]);
  }
  void remove(const MoRef& vm) {
    const std::lock_guard lock(mutex_);
    vms_.erase(vm);
  }

  Result<SetListing> listing(const MoRef& vm) override {
    const std::lock_guard lock(mutex_);
    ++listings;
    const auto found = vms_.find(vm);
    if (found == vms_.end()) return fail(ENOENT, "no such VM");
    return found->second.listing;
  }
  Result<cache::ShownSet> shown(const MoRef& vm) override {
    const std::lock_guard lock(mutex_);
    const auto found = vms_.find(vm);
    if (found == vms_.end()) return fail(ENOENT, "no such VM");
    return cache::ShownSet{found->second.listing, found->second.change_version,
                           found->second.key_id_file, found->second.hashes};
  }
  Result<cache::PinnedSetPtr> open(const MoRef& vm, FileRole /*role*/) override {
    const std::lock_guard lock(mutex_);
    const auto found = vms_.find(vm);
    if (found == vms_.end()) return fail(ENOENT, "no such VM");
    if (found->second.open_error) return fail(*found->second.open_error);
    // The tree never looks into a pin.
    ++pins;
    const std::shared_ptr<void> pin(new Pin{vm, found->second.listing}, [this](void* held) {
      delete static_cast<Pin*>(held);
      --pins;
    });
    return std::static_pointer_cast<cache::PinnedSet>(pin);
  }
  SetFile file_of(const cache::PinnedSetPtr& set, FileRole role) override {
    return *pin_of(set)->listing.find(role);
  }
  void read(const cache::PinnedSetPtr& set, FileRole role, const vsphere::Call& call,
            std::function<void(Result<std::shared_ptr<const std::string>>)> done) override {
    Result<std::shared_ptr<const std::string>> result;
    {
      const std::lock_guard lock(mutex_);
      last_call = call;
      const Vm& vm = vms_[pin_of(set)->vm];
      if (vm.read_error) {
        result = fail(*vm.read_error);
      } else {
        result = std::make_shared<const std::string>(vm.contents.at(role));
      }
    }
    done(std::move(result));
  }
  bool same_content_as_before(const cache::PinnedSetPtr& /*set*/, FileRole role) override {
    return role == unchanged;
  }

  std::atomic<int> pins{0}, listings{0};
  std::optional<FileRole> unchanged;
  vsphere::Call last_call;

 private:
  struct Pin {
    MoRef vm;
    SetListing listing;
  };
  static std::shared_ptr<Pin> pin_of(const cache::PinnedSetPtr& set) {
    return std::static_pointer_cast<Pin>(std::shared_ptr<void>(set));
  }

  std::mutex mutex_;
  std::map<MoRef, Vm> vms_;
};

class RecordingNotifier : public KernelNotifier {
 public:
  void invalidate_entry(InodeNumber parent, const std::string& name) override {
    entries.emplace_back(parent, name);
  }
  void invalidate_inode(InodeNumber inode) override { inodes.push_back(inode); }
  void invalidate_attributes(InodeNumber inode) override { inodes.push_back(inode); }
  [[nodiscard]] bool has(InodeNumber inode) const {
    return std::find(inodes.begin(), inodes.end(), inode) != inodes.end();
  }
  [[nodiscard]] bool has(InodeNumber parent, const std::string& name) const {
    return std::find(entries.begin(), entries.end(), std::make_pair(parent, name)) != entries.end();
  }

  std::vector<std::pair<InodeNumber, std::string>> entries;
  std::vector<InodeNumber> inodes;
};

inline EntityChange enter(const MoRef& id, const std::string& name, const MoRef& parent) {
  EntityChange change{EntityChange::Kind::enter, id, {}};
  change.values.emplace_back(EntityProperty::name, name);
  change.values.emplace_back(EntityProperty::parent, parent);
  if (id.type == "VirtualMachine") change.values.emplace_back(EntityProperty::tpm_present, true);
  if (id.type == "Datacenter") change.values.emplace_back(EntityProperty::vm_folder, kVmFolder);
  return change;
}

/// /DC0/vm/Finance/pay01 and /DC0/vm/web
class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    inventory_.apply({true,
                      true,
                      {enter(kDatacenter, "DC0", kRootFolder), enter(kVmFolder, "vm", kDatacenter),
                       enter(kFinance, "Finance", kVmFolder), enter(kPay, "pay01", kFinance),
                       enter(kWeb, "web", kVmFolder)}});
    sets_.put(kPay, 1'600'000'000);
    sets_.put(kWeb, 1'700'000'000);
  }

  InventoryTreeSettings settings() {
    InventoryTreeSettings settings;
    settings.root = kRootFolder;
    settings.instance_uuid = "4c5a1e3a-1b0c-4b3e-9d3e-0123456789ab";
    settings.ownership = {1000, 1001, 0600, 0700};
    settings.fixed_time = at_second(1'500'000'000);
    settings.feed_alive = [this] { return feed_alive_.load(); };
    settings.call_timeout = std::chrono::seconds(7);
    return settings;
  }

  /// As the kernel does: attributes with each lookup, and once more where the open says ESTALE.
  static Result<OpenFilePtr> look_and_open(const NodePtr& file, int flags) {
    (void)file->attributes();
    return open(file, flags);
  }
  /// The node at a path; null where a part of it is not there.
  NodePtr walk(const std::vector<std::string>& path) {
    NodePtr node = tree_.root();
    for (const std::string& name : path) {
      const auto next = look_up(node, name);
      if (!next) return nullptr;
      node = *next;
    }
    return node;
  }
  static Result<NodePtr> look_up(const NodePtr& directory, const std::string& name) {
    return answer_of<NodePtr>(
        [&](Answer<NodePtr> answer) { directory->lookup(name, {}, std::move(answer)); });
  }
  static Result<OpenDirectoryPtr> open_directory(const NodePtr& directory) {
    return answer_of<OpenDirectoryPtr>(
        [&](Answer<OpenDirectoryPtr> answer) { directory->open_directory({}, std::move(answer)); });
  }
  static Result<OpenFilePtr> open(const NodePtr& file, int flags) {
    return answer_of<OpenFilePtr>(
        [&](Answer<OpenFilePtr> answer) { file->open(flags, {}, std::move(answer)); });
  }
  static std::vector<std::string> names(const NodePtr& directory) {
    std::vector<std::string> result;
    const auto listing = open_directory(directory);
    EXPECT_TRUE(listing);
    if (listing) {
      for (const DirectoryEntry& entry : (*listing)->entries()) result.push_back(entry.name);
    }
    return result;
  }
  /// What an operation answers; nothing in this tree but a read may answer later.
  template <class T, class Ask>
  static Result<T> answer_of(Ask ask) {
    std::optional<Result<T>> given;
    ask([&](Result<T> answer) {
      EXPECT_FALSE(given) << "answered twice";
      given = std::move(answer);
    });
    EXPECT_TRUE(given) << "not answered at once";
    return given ? *given : Result<T>(fail(EIO, "not answered"));
  }

  std::atomic<bool> feed_alive_{true};
  cache::Inventory inventory_{kRootFolder, cache::VmFilter::vtpm};
  FakeSets sets_;
  InventoryTree tree_{inventory_, sets_, settings()};
};

}  // namespace vtpmfs::fs::testing
