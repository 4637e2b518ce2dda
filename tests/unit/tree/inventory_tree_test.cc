// Folders, datacenters and VMs as directories.
#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Something beside the inventory.
class Beside : public Node {
 public:
  explicit Beside(uint64_t number) : number_{number} {}
  [[nodiscard]] InodeNumber inode() const override { return number_; }
  Result<Attributes> attributes() override { return Attributes{}; }

 private:
  const InodeNumber number_;
};

TEST_F(TreeTest, ShowsTheInventoryPath) {
  EXPECT_THAT(names(tree_.root()), ElementsAre("DC0"));
  EXPECT_THAT(names(walk({"DC0"})), ElementsAre("vm"));
  EXPECT_THAT(names(walk({"DC0", "vm"})), ElementsAre("Finance", "web"));
  EXPECT_THAT(names(walk({"DC0", "vm", "Finance", "pay01"})),
              ElementsAre("keyId", "encryption.bundle", "firmware", "vtpm.json", "nvram",
                          "config.json", "SHA256SUMS"));
  EXPECT_EQ(walk({"DC0", "host"}), nullptr);
  EXPECT_EQ(walk({"DC0", "vm", "pay01"}), nullptr);
  EXPECT_EQ(walk({"DC0", "vm", "web", "secrets"}), nullptr);
  EXPECT_EQ(look_up(tree_.root(), "..").error().code, Errno{ENOENT});
}

TEST_F(TreeTest, DirectoriesHaveOwnerModeLinksAndTime) {
  const auto root = tree_.root()->attributes().value();
  EXPECT_EQ(root.ino, kRootInode);
  EXPECT_EQ(root.type, NodeType::directory);
  EXPECT_EQ(root.permissions, 0700U);
  EXPECT_EQ(root.uid, 1000U);
  EXPECT_EQ(root.gid, 1001U);
  EXPECT_EQ(root.links, 3U);
  EXPECT_EQ(root.mtime, at_second(1'500'000'000));

  const auto folder = walk({"DC0", "vm"})->attributes().value();
  EXPECT_EQ(folder.links, 4U);
  EXPECT_EQ(folder.mtime, at_second(1'700'000'000));  // of web, which lies in it
  EXPECT_EQ(folder.ctime, folder.mtime);

  const auto vm = walk({"DC0", "vm", "Finance", "pay01"})->attributes().value();
  EXPECT_EQ(vm.links, 2U);
  EXPECT_EQ(vm.mtime, at_second(1'600'000'000));
  EXPECT_EQ(vm.permissions, 0700U);
}

TEST_F(TreeTest, ARemountShowsTheSame) {
  const InventoryTree again(inventory_, sets_, settings());
  const auto before = walk({"DC0", "vm"});
  const auto after = look_up(look_up(again.root(), "DC0").value(), "vm").value();
  EXPECT_EQ(before->inode(), after->inode());
  EXPECT_EQ(before->attributes()->mtime, after->attributes()->mtime);
}

TEST_F(TreeTest, FolderFactsAreKeptUntilForgotten) {
  const NodePtr folder = walk({"DC0", "vm"});
  EXPECT_TRUE(folder->attributes());
  const int before = sets_.listings;
  EXPECT_TRUE(folder->attributes());
  EXPECT_EQ(sets_.listings, before);
  sets_.put(kWeb, 1'800'000'000);
  tree_.folder_facts().forget(kVmFolder);
  EXPECT_EQ(folder->attributes()->mtime, at_second(1'800'000'000));
}

TEST_F(TreeTest, TheKernelMayKeepItOnlyWhileChangesReachUs) {
  const NodePtr vm = walk({"DC0", "vm", "web"});
  EXPECT_EQ(vm->attributes()->entry_timeout, std::chrono::hours(1));
  EXPECT_EQ(vm->attributes()->attribute_timeout, std::chrono::hours(1));
  EXPECT_TRUE(open_directory(vm).value()->cacheable());
  EXPECT_FALSE(open_directory(walk({"DC0", "vm"})).value()->cacheable());
  feed_alive_ = false;
  EXPECT_EQ(vm->attributes()->entry_timeout, std::chrono::seconds(1));
  EXPECT_FALSE(open_directory(vm).value()->cacheable());
}

TEST_F(TreeTest, WhatHasGoneIsEnoent) {
  const NodePtr vm = walk({"DC0", "vm", "web"});
  const NodePtr folder = walk({"DC0", "vm", "Finance"});
  const NodePtr file = walk({"DC0", "vm", "web", "nvram"});
  sets_.remove(kWeb);
  inventory_.apply({false,
                    true,
                    {{EntityChange::Kind::leave, kWeb, {}},
                     {EntityChange::Kind::leave, kPay, {}},
                     {EntityChange::Kind::leave, kFinance, {}}}});
  for (const NodePtr& node : {vm, folder, file}) {
    EXPECT_EQ(node->attributes().error().code, Errno{ENOENT});
  }
  EXPECT_EQ(open_directory(vm).error().code, Errno{ENOENT});
  EXPECT_EQ(open_directory(folder).error().code, Errno{ENOENT});
  EXPECT_EQ(open(file, 0).error().code, Errno{ENOENT});
  EXPECT_THAT(names(walk({"DC0", "vm"})), IsEmpty());  // known to be empty: shown all the same
}

TEST_F(TreeTest, AMovedVmKeepsItsNumbers) {
  const InodeNumber directory = walk({"DC0", "vm", "web"})->inode();
  const InodeNumber file = walk({"DC0", "vm", "web", "nvram"})->inode();
  EntityChange move{EntityChange::Kind::modify, kWeb, {}};
  move.values.emplace_back(EntityProperty::parent, kFinance);
  move.values.emplace_back(EntityProperty::name, std::string("portal"));
  inventory_.apply({false, true, {move}});
  EXPECT_EQ(walk({"DC0", "vm", "web"}), nullptr);
  EXPECT_EQ(walk({"DC0", "vm", "Finance", "portal"})->inode(), directory);
  EXPECT_EQ(walk({"DC0", "vm", "Finance", "portal", "nvram"})->inode(), file);
}

TEST_F(TreeTest, ListingAndLookupAgree) {
  const NodePtr folder = walk({"DC0", "vm"});
  const auto listing = open_directory(folder).value();
  for (size_t i = 0; i < listing->entries().size(); ++i) {
    const DirectoryEntry& entry = listing->entries()[i];
    EXPECT_EQ(entry.ino, look_up(folder, entry.name).value()->inode());
    EXPECT_EQ(entry.ino, listing->node_of(i)->inode());
    EXPECT_EQ(entry.ino, listing->node_of(i)->attributes()->ino);
    EXPECT_EQ(entry.type, listing->node_of(i)->attributes()->type);
  }
}

TEST_F(TreeTest, AListingStaysAsItWas) {
  const auto listing = open_directory(walk({"DC0", "vm"})).value();
  inventory_.apply({false, true, {{EntityChange::Kind::leave, kWeb, {}}}});
  sets_.remove(kWeb);
  ASSERT_EQ(listing->entries().size(), 2U);
  EXPECT_EQ(listing->node_of(1)->attributes().error().code, Errno{ENOENT});
}

TEST_F(TreeTest, ChildrenBesideTheInventory) {
  const auto by_key = std::make_shared<Beside>(0x77);
  const auto hidden = std::make_shared<Beside>(0x78);
  const auto restore = std::make_shared<Beside>(0x79);
  tree_.add_root_child({"by-key", by_key, NodeType::directory, true});
  tree_.add_root_child({".vtpmfs", hidden, NodeType::directory, false});
  tree_.set_datacenter_children([&](const MoRef& datacenter) {
    EXPECT_EQ(datacenter, kDatacenter);
    return std::vector<ExtraChild>{{"restore", restore, NodeType::directory, true}};
  });
  EXPECT_THAT(names(tree_.root()), ElementsAre("by-key", "DC0"));
  EXPECT_EQ(walk({".vtpmfs"}), hidden);
  EXPECT_EQ(walk({"by-key"}), by_key);
  EXPECT_EQ(tree_.root()->attributes()->links, 4U);  // the hidden one is not counted
  EXPECT_THAT(names(walk({"DC0"})), ElementsAre("restore", "vm"));
  EXPECT_EQ(walk({"DC0", "restore"}), restore);
  EXPECT_EQ(walk({"DC0", "vm", "restore"}), nullptr);
}

TEST_F(TreeTest, EveryChangeIsErofs) {
  const auto errno_of = [](const Status& status) {
    return status ? 0 : status.error().code.value();
  };
  for (const NodePtr& node :
       {tree_.root(), walk({"DC0"}), walk({"DC0", "vm"}), walk({"DC0", "vm", "web"})}) {
    EXPECT_EQ(answer_of<CreatedFile>([&](auto answer) { node->create("new", 0600, 0, {}, answer); })
                  .error()
                  .code,
              Errno{EROFS});
    EXPECT_EQ(
        answer_of<NodePtr>([&](auto answer) { node->make_directory("new", 0700, {}, answer); })
            .error()
            .code,
        Errno{EROFS});
    EXPECT_EQ(errno_of(answer_of<void>([&](auto answer) { node->unlink("nvram", {}, answer); })),
              EROFS);
    EXPECT_EQ(
        errno_of(answer_of<void>([&](auto answer) { node->remove_directory("vm", {}, answer); })),
        EROFS);
    EXPECT_EQ(errno_of(answer_of<void>([&](auto answer) {
                node->rename("web", std::make_shared<Beside>(9), "x", 0, {}, answer);
              })),
              EROFS);
    EXPECT_EQ(node->refuse_special().code, Errno{EROFS});
  }
  for (const NodePtr& node : {walk({"DC0", "vm", "web"}), walk({"DC0", "vm", "web", "nvram"})}) {
    AttributeChange change;
    change.atime = at_second(1);
    EXPECT_EQ(answer_of<Attributes>(
                  [&](auto answer) { node->set_attributes(change, nullptr, {}, answer); })
                  .error()
                  .code,
              Errno{EROFS});
    EXPECT_EQ(errno_of(answer_of<void>(
                  [&](auto answer) { node->set_attribute("user.x", "1", 0, {}, answer); })),
              EROFS);
    EXPECT_EQ(errno_of(answer_of<void>(
                  [&](auto answer) { node->remove_attribute("user.x", {}, answer); })),
              EROFS);
    EXPECT_EQ(
        answer_of<std::string>([&](auto answer) { node->get_attribute("user.x", {}, answer); })
            .error()
            .code,
        Errno{ENODATA});
    for (const char* name : {"security.selinux", "system.posix_acl_access"}) {
      EXPECT_EQ(answer_of<std::string>([&](auto answer) { node->get_attribute(name, {}, answer); })
                    .error()
                    .code,
                Errno{EOPNOTSUPP})
          << name;
    }
    EXPECT_THAT(node->list_attributes().value(), IsEmpty());
  }
  // Saving a directory to disk with `sync` is no change.
  EXPECT_EQ(errno_of(answer_of<void>([&](auto answer) {
              walk({"DC0", "vm"})->fsync_directory({}, answer);
            })),
            0);
}

}  // namespace
}  // namespace vtpmfs::fs::testing
