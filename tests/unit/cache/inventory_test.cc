#include "cache/inventory.h"

#include <gmock/gmock.h>

#include "tests/unit/cache/fakes.h"

namespace vtpmfs::cache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> names(const Inventory& inventory, const MoRef& directory) {
  std::vector<std::string> shown;
  for (const Place& place : inventory.children(directory)) shown.push_back(place.shown_name);
  return shown;
}

std::vector<EntityChange> with(std::vector<EntityChange> changes, std::vector<EntityChange> more) {
  changes.insert(changes.end(), more.begin(), more.end());
  return changes;
}

class InventoryTest : public ::testing::Test {
 protected:
  void start(std::vector<EntityChange> changes) {
    inventory.apply(update_of(with(one_datacenter(), std::move(changes)), true));
  }
  Inventory inventory{kRoot, VmFilter::vtpm};
};

TEST_F(InventoryTest, ShowsDatacentersVmFoldersAndVms) {
  EXPECT_FALSE(inventory.complete());
  start({enter(folder_ref(10), "Finance", kVmFolder), enter_vm(vm_ref(1), "pay01", folder_ref(10)),
         enter_vm(vm_ref(2), "plain", kVmFolder, false)});
  EXPECT_TRUE(inventory.complete());
  EXPECT_THAT(names(inventory, kRoot), ElementsAre("DC0"));
  EXPECT_THAT(names(inventory, kDatacenter), ElementsAre("vm"));
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("Finance"));
  EXPECT_THAT(names(inventory, folder_ref(10)), ElementsAre("pay01"));
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "/DC0/vm/Finance/pay01");
  EXPECT_EQ(inventory.inventory_path(vm_ref(2)), "/DC0/vm/plain");
  EXPECT_EQ(inventory.datacenter_of(vm_ref(1)), kDatacenter);
  EXPECT_EQ(inventory.vm_folder_of(kDatacenter), kVmFolder);
  const auto place = inventory.child(folder_ref(10), "pay01");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->id, vm_ref(1));
  EXPECT_EQ(place->kind, PlaceKind::vm);
  EXPECT_EQ(place->parent, folder_ref(10));
  EXPECT_FALSE(inventory.place(vm_ref(2)));
  EXPECT_EQ(inventory.child_by_raw_name(kVmFolder, "plain"), vm_ref(2));
  EXPECT_THAT(inventory.all_vms(), UnorderedElementsAre(vm_ref(1), vm_ref(2)));
}

TEST_F(InventoryTest, OrderOfArrivalIsFree) {
  std::vector<EntityChange> changes =
      with(one_datacenter(),
           {enter(folder_ref(10), "A", kVmFolder), enter_vm(vm_ref(1), "x", folder_ref(10))});
  std::reverse(changes.begin(), changes.end());
  for (const EntityChange& change : changes) inventory.apply(update_of({change}));
  EXPECT_THAT(names(inventory, folder_ref(10)), ElementsAre("x"));
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "/DC0/vm/A/x");
}

TEST_F(InventoryTest, OtherFoldersOfADatacenterAreNotShown) {
  start({enter({"Folder", "group-h4"}, "host", kDatacenter),
         enter({"Folder", "group-s5"}, "datastore", kDatacenter),
         enter({"Folder", "group-s6"}, "below", {"Folder", "group-s5"})});
  EXPECT_THAT(names(inventory, kDatacenter), ElementsAre("vm"));
  EXPECT_FALSE(inventory.place({"Folder", "group-s6"}));
}

TEST_F(InventoryTest, VmFolderIsFoundByItsNameWhereThePropertyIsUnreadable) {
  inventory.apply(
      update_of({enter(kDatacenter, "DC0", kRoot), enter(kVmFolder, "vm", kDatacenter),
                 enter({"Folder", "group-h4"}, "host", kDatacenter),
                 modify(kDatacenter, EntityProperty::vm_folder, Error{Errno{EACCES}, "no"})},
                true));
  EXPECT_EQ(inventory.vm_folder_of(kDatacenter), kVmFolder);
}

TEST_F(InventoryTest, VmsInVappsAndVappsInVapps) {
  const MoRef outer{"VirtualApp", "resgroup-v1"};
  const MoRef inner{"VirtualApp", "resgroup-v2"};
  EntityChange app = enter(outer, "app", {"ResourcePool", "resgroup-8"});
  app.values.emplace_back(EntityProperty::parent_vapp, kVmFolder);  // parentFolder
  EntityChange vm = enter_vm(vm_ref(1), "db", MoRef());
  vm.values.emplace_back(EntityProperty::parent_vapp, inner);
  start({app, enter(inner, "tier", outer), vm});
  EXPECT_EQ(inventory.place(outer)->kind, PlaceKind::vapp);
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "/DC0/vm/app/tier/db");
  // out of the vApp
  inventory.apply(update_of({modify(vm_ref(1), EntityProperty::parent_vapp, std::monostate()),
                             modify(vm_ref(1), EntityProperty::parent, kVmFolder)}));
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "/DC0/vm/db");
}

TEST_F(InventoryTest, CirclesAndUnknownParentsAreNotPlacedAndNamed) {
  start({enter(folder_ref(10), "a", folder_ref(11)), enter(folder_ref(11), "b", folder_ref(10)),
         enter(folder_ref(12), "self", folder_ref(12)), enter_vm(vm_ref(1), "x", folder_ref(10)),
         enter_vm(vm_ref(2), "y", folder_ref(99)), enter_vm(vm_ref(3), "z", vm_ref(2)),
         enter_vm(vm_ref(4), "ok", kVmFolder)});
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("ok"));
  EXPECT_FALSE(inventory.place(vm_ref(1)));
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "");
  EXPECT_FALSE(inventory.datacenter_of(folder_ref(10)));
  EXPECT_THAT(inventory.unplaced_vms(), UnorderedElementsAre(vm_ref(1), vm_ref(2), vm_ref(3)));
  // A circle that closes around what was placed takes it out, and gives it back.
  inventory.apply(update_of({modify(kVmFolder, EntityProperty::parent, folder_ref(12))}));
  EXPECT_FALSE(inventory.place(vm_ref(4)));
  inventory.apply(update_of({modify(kVmFolder, EntityProperty::parent, kDatacenter)}));
  EXPECT_TRUE(inventory.place(vm_ref(4)));
}

TEST_F(InventoryTest, TheRootIsNotTheServersToChange) {
  start({enter(kRoot, "Datacenters", folder_ref(10)), enter_vm(vm_ref(1), "x", kVmFolder)});
  EXPECT_TRUE(inventory.place(vm_ref(1)));
  EXPECT_EQ(inventory.place(kRoot)->kind, PlaceKind::root);
}

TEST_F(InventoryTest, AVeryDeepChainIsBounded) {
  std::vector<EntityChange> changes{enter(folder_ref(1000), "d", kVmFolder)};
  for (int i = 1; i < 5000; ++i) {
    changes.push_back(enter(folder_ref(1000 + i), "d", folder_ref(1000 + i - 1)));
  }
  changes.push_back(enter_vm(vm_ref(1), "deep", folder_ref(5999)));
  start(std::move(changes));
  EXPECT_TRUE(inventory.place(folder_ref(1500)));
  EXPECT_FALSE(inventory.place(folder_ref(5000)));
  EXPECT_THAT(inventory.unplaced_vms(), ElementsAre(vm_ref(1)));
}

TEST_F(InventoryTest, ChildrenOfOneNameAllGetTheirMoRef) {
  start({enter_vm(vm_ref(1), "twin", kVmFolder), enter_vm(vm_ref(2), "twin", kVmFolder),
         enter(folder_ref(10), "twin", kVmFolder), enter_vm(vm_ref(3), "single", kVmFolder)});
  EXPECT_THAT(names(inventory, kVmFolder),
              ElementsAre("single", "twin~group-v10", "twin~vm-1", "twin~vm-2"));
  const auto change = inventory.apply(update_of({leave(vm_ref(2)), leave(folder_ref(10))}));
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("single", "twin"));
  EXPECT_EQ(change.names.size(), 4U);  // three went, one came
}

TEST_F(InventoryTest, AHiddenTwinDoesNotChangeANameAndANameLikeASiblingsIsKeptApart) {
  start({enter_vm(vm_ref(1), "a", kVmFolder), enter_vm(vm_ref(2), "a", kVmFolder, false),
         enter_vm(vm_ref(3), "b", kVmFolder), enter_vm(vm_ref(4), "b", kVmFolder),
         enter_vm(vm_ref(5), "b~vm-3", kVmFolder), enter_vm(vm_ref(6), "server~1", kVmFolder)});
  EXPECT_THAT(names(inventory, kVmFolder),
              ElementsAre("a", "b~vm-3", "b~vm-3~vm-5", "b~vm-4", "server~1"));
  EXPECT_EQ(inventory.child(kVmFolder, "b~vm-3")->id, vm_ref(3));
}

TEST_F(InventoryTest, NamesOfOursAreEscapedAtTheTopOnly) {
  const MoRef by_key{"Datacenter", "datacenter-7"};
  const MoRef hidden{"Folder", "group-d8"};
  start({enter(by_key, "by-key", kRoot), enter(hidden, ".vtpmfs", kRoot),
         enter_vm(vm_ref(1), "by-key", kVmFolder)});
  EXPECT_THAT(names(inventory, kRoot), ElementsAre("%2evtpmfs", "%62y-key", "DC0"));
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("by-key"));
  EXPECT_EQ(inventory.inventory_path(by_key), "/by-key");
}

TEST_F(InventoryTest, RestartForgetsWhatDidNotComeAgainAndKeepsTheRest) {
  start({enter(folder_ref(10), "A", kVmFolder), enter_vm(vm_ref(1), "x", folder_ref(10)),
         enter_vm(vm_ref(2), "y", kVmFolder)});
  InventoryUpdate first = update_of(one_datacenter(), true);
  first.complete = false;
  EXPECT_TRUE(inventory.apply(first).empty());
  EXPECT_TRUE(inventory.place(vm_ref(2)));  // until the update is complete
  const auto change = inventory.apply(
      update_of({enter(folder_ref(10), "A", kVmFolder), enter_vm(vm_ref(1), "x", folder_ref(10))}));
  EXPECT_FALSE(inventory.place(vm_ref(2)));
  EXPECT_TRUE(inventory.place(vm_ref(1)));
  EXPECT_THAT(change.gone_vms, ElementsAre(vm_ref(2)));
  EXPECT_THAT(change.vms, IsEmpty());  // vm-1 is as it was
  ASSERT_EQ(change.names.size(), 1U);
  EXPECT_EQ(change.names[0].shown_name, "y");
}

TEST_F(InventoryTest, AfterARestartWhatIsLeftOutIsUnset) {
  EntityChange vm = enter_vm(vm_ref(1), "x", kVmFolder);
  vm.values.emplace_back(EntityProperty::key_id, vsphere::CryptoKeyId{"k", "p"});
  start({vm});
  inventory.apply(update_of(with(one_datacenter(), {enter_vm(vm_ref(1), "x", kVmFolder)}), true));
  EXPECT_FALSE(inventory.vm_facts(vm_ref(1))->key_id);
  // ... and at other times "enter" of what is known changes what it holds.
  inventory.apply(update_of({vm}));
  inventory.apply(update_of({enter_vm(vm_ref(1), "x2", kVmFolder)}));
  EXPECT_TRUE(inventory.vm_facts(vm_ref(1))->key_id);
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("x2"));
}

TEST_F(InventoryTest, MovesBetweenFoldersAndComesBackAfterLeaving) {
  start({enter(folder_ref(10), "A", kVmFolder), enter(folder_ref(11), "B", kVmFolder),
         enter_vm(vm_ref(1), "x", folder_ref(10))});
  const auto change =
      inventory.apply(update_of({modify(vm_ref(1), EntityProperty::parent, folder_ref(11))}));
  EXPECT_THAT(names(inventory, folder_ref(10)), IsEmpty());
  EXPECT_THAT(names(inventory, folder_ref(11)), ElementsAre("x"));
  EXPECT_THAT(change.directories, UnorderedElementsAre(folder_ref(10), folder_ref(11)));
  EXPECT_THAT(change.vms, ElementsAre(vm_ref(1)));
  EXPECT_EQ(inventory.place(vm_ref(1))->parent, folder_ref(11));
  inventory.apply(update_of({leave(vm_ref(1)), enter_vm(vm_ref(1), "x", folder_ref(10))}));
  EXPECT_THAT(names(inventory, folder_ref(10)), ElementsAre("x"));
  EXPECT_THAT(names(inventory, folder_ref(11)), IsEmpty());
  // a folder leaves before its children do
  inventory.apply(update_of({leave(folder_ref(10))}));
  EXPECT_FALSE(inventory.place(vm_ref(1)));
  inventory.apply(update_of({leave(vm_ref(1)), leave(vm_ref(1)), leave(vm_ref(77))}));
  EXPECT_THAT(inventory.all_vms(), IsEmpty());
}

TEST_F(InventoryTest, ValuesThatBecomeUnreadableDoNotLoseAVm) {
  start({enter_vm(vm_ref(1), "x", kVmFolder)});
  const Error no{Errno{EACCES}, "NoPermission"};
  for (const auto property : {EntityProperty::name, EntityProperty::parent,
                              EntityProperty::parent_vapp, EntityProperty::tpm_present}) {
    inventory.apply(update_of({modify(vm_ref(1), property, no)}));
  }
  EXPECT_EQ(inventory.inventory_path(vm_ref(1)), "/DC0/vm/x");
}

TEST_F(InventoryTest, TheDeviceListDecidesOverTpmPresent) {
  start({enter_vm(vm_ref(1), "unset", kVmFolder, std::nullopt),
         enter_vm(vm_ref(2), "yes", kVmFolder, true), enter_vm(vm_ref(3), "no", kVmFolder, false)});
  EXPECT_TRUE(inventory.wants_details(vm_ref(1)));
  EXPECT_TRUE(inventory.wants_details(vm_ref(2)));
  EXPECT_FALSE(inventory.wants_details(vm_ref(3)));
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("yes"));
  const auto change = inventory.set_has_tpm({{vm_ref(1), true}, {vm_ref(2), false}});
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("unset"));
  EXPECT_EQ(change.names.size(), 2U);
  EXPECT_THAT(inventory.shown_vms(), ElementsAre(vm_ref(1)));
}

TEST_F(InventoryTest, ARestartWithoutADatacenterIsBelievedInTheEnd) {
  start({enter_vm(vm_ref(1), "x", kVmFolder)});
  EXPECT_FALSE(inventory.doubtful());
  EXPECT_TRUE(inventory.apply(update_of({}, true)).empty());
  EXPECT_TRUE(inventory.doubtful());
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("x"));
  // The rest comes late, as ordinary news.
  inventory.apply(update_of(with(one_datacenter(), {enter_vm(vm_ref(2), "y", kVmFolder)})));
  EXPECT_FALSE(inventory.doubtful());
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("y"));
  inventory.apply(update_of({}, true));
  int ends = 1;
  for (; inventory.doubtful() && ends < 100; ++ends) inventory.apply(update_of({}));
  EXPECT_GT(ends, 3);
  EXPECT_THAT(names(inventory, kRoot), IsEmpty());
}

TEST_F(InventoryTest, WaitsForDetailsWhereToldTo) {
  inventory.wait_for_details();
  start({enter_vm(vm_ref(1), "x", kVmFolder)});
  EXPECT_THAT(names(inventory, kVmFolder), IsEmpty());
  EXPECT_THAT(inventory.unplaced_vms(), IsEmpty());
  inventory.set_has_tpm({{vm_ref(1), true}});
  EXPECT_THAT(names(inventory, kVmFolder), ElementsAre("x"));
}

TEST(InventoryFilterTest, EncryptedAndAll) {
  EntityChange encrypted = enter_vm(vm_ref(1), "enc", kVmFolder, false);
  encrypted.values.emplace_back(EntityProperty::key_id, vsphere::CryptoKeyId{"k", "p"});
  EntityChange unreadable = enter_vm(vm_ref(2), "locked", kVmFolder, std::nullopt);
  unreadable.values.emplace_back(EntityProperty::key_id, Error{Errno{EACCES}, "no"});
  const auto update =
      update_of(with(one_datacenter(),
                     {encrypted, unreadable, enter_vm(vm_ref(3), "plain", kVmFolder, false)}),
                true);
  Inventory only_encrypted(kRoot, VmFilter::encrypted);
  only_encrypted.apply(update);
  EXPECT_THAT(names(only_encrypted, kVmFolder), ElementsAre("enc", "locked"));
  Inventory all(kRoot, VmFilter::all);
  all.apply(update);
  EXPECT_THAT(names(all, kVmFolder), ElementsAre("enc", "locked", "plain"));
}

TEST_F(InventoryTest, HundredThousandVmsThatNobodyLooksAtAndOneThatChanges) {
  constexpr int kVms = 100'000;
  start({});
  InventoryUpdate batch;
  batch.complete = false;
  for (int i = 0; i < kVms; ++i) {
    if (i % 250 == 0) batch.changes.push_back(enter(folder_ref(1000 + i / 250), "f", kVmFolder));
    batch.changes.push_back(
        enter_vm(vm_ref(i), "vm" + std::to_string(i), folder_ref(1000 + i / 250), i % 10 == 0));
    if (batch.changes.size() >= 100) {
      inventory.apply(batch);
      batch.changes.clear();
    }
  }
  batch.complete = true;
  const auto change = inventory.apply(batch);
  EXPECT_EQ(change.vms.size(), static_cast<size_t>(kVms));
  EXPECT_EQ(inventory.shown_vms().size(), static_cast<size_t>(kVms / 10));
  EXPECT_EQ(inventory.children(kVmFolder).size(), static_cast<size_t>(kVms / 250));
  const auto one =
      inventory.apply(update_of({modify(vm_ref(500), EntityProperty::name, std::string("new"))}));
  EXPECT_THAT(one.directories, ElementsAre(folder_ref(1002)));
  EXPECT_THAT(one.vms, ElementsAre(vm_ref(500)));
}

TEST_F(InventoryTest, ReadersWhileAWriterWrites) {
  start({enter(folder_ref(10), "A", kVmFolder), enter(folder_ref(11), "B", kVmFolder),
         enter_vm(vm_ref(1), "x", folder_ref(10))});
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const size_t places =
          inventory.children(folder_ref(10)).size() + inventory.children(folder_ref(11)).size();
      EXPECT_LE(places, 2U);  // between the two calls it may have moved
      (void)inventory.inventory_path(vm_ref(1));
      EXPECT_EQ(inventory.shown_vms().size(), 1U);
    }
  });
  for (int i = 0; i < 300; ++i) {
    inventory.apply(update_of({modify(vm_ref(1), EntityProperty::parent, folder_ref(10 + i % 2)),
                               enter(folder_ref(100 + i), "n", kVmFolder)}));
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace vtpmfs::cache::testing
