// What the kernel is told when vCenter changed.
#include "fs/tree/change_translator.h"

#include <thread>

#include "fs/tree/change_relay.h"
#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

class ChangeTranslatorTest : public TreeTest {
 protected:
  InodeNumber directory(const MoRef& id) { return tree_.inode_of(id); }
  RecordingNotifier kernel_;
  ChangeTranslator translator_{tree_, kernel_};
};

TEST_F(ChangeTranslatorTest, ARenamedVmIsForgottenUnderBothNames) {
  EntityChange rename{EntityChange::Kind::modify, kWeb, {}};
  rename.values.emplace_back(EntityProperty::name, std::string("portal"));
  translator_.tell(inventory_.apply({false, true, {rename}}));
  EXPECT_TRUE(kernel_.has(directory(kVmFolder), "web"));
  EXPECT_TRUE(kernel_.has(directory(kVmFolder), "portal"));
  EXPECT_TRUE(kernel_.has(directory(kVmFolder)));
}

TEST_F(ChangeTranslatorTest, AReconfiguredVmIsForgottenWithItsFiles) {
  EXPECT_TRUE(walk({"DC0", "vm", "Finance"})->attributes());
  sets_.put(kPay, 1'650'000'000);
  cache::InventoryChange change;
  change.vms = {kPay};
  translator_.tell(change);
  for (const FileRole role : cache::kFileRoles) {
    EXPECT_TRUE(kernel_.has(tree_.numbers().file(kPay, role)));
  }
  EXPECT_TRUE(kernel_.has(directory(kPay)));
  EXPECT_TRUE(kernel_.entries.empty());  // no name means anything else
  // Its folder shows the newest time.
  EXPECT_TRUE(kernel_.has(directory(kFinance)));
  EXPECT_EQ(walk({"DC0", "vm", "Finance"})->attributes()->mtime, at_second(1'650'000'000));
}

TEST_F(ChangeTranslatorTest, AFileThatVanishedIsForgottenByName) {
  sets_.change(kPay, [](FakeSets::Vm& vm) {
    vm.listing.files.erase(vm.listing.files.begin() + 4);  // nvram
  });
  cache::InventoryChange change;
  change.vms = {kPay};
  translator_.tell(change);
  EXPECT_EQ(kernel_.entries,
            (std::vector<std::pair<InodeNumber, std::string>>{{directory(kPay), "nvram"}}));
}

TEST_F(ChangeTranslatorTest, ADeletedVmIsForgottenWithAllItHad) {
  sets_.remove(kPay);
  cache::InventoryChange change =
      inventory_.apply({false, true, {{EntityChange::Kind::leave, kPay, {}}}});
  change.gone_vms = {kPay};
  translator_.tell(change);
  EXPECT_TRUE(kernel_.has(directory(kFinance), "pay01"));
  EXPECT_TRUE(kernel_.has(directory(kPay)));
  EXPECT_TRUE(kernel_.has(tree_.numbers().file(kPay, FileRole::nvram)));
  EXPECT_TRUE(kernel_.has(directory(kPay), "nvram"));
  EXPECT_EQ(walk({"DC0", "vm", "Finance"})->attributes()->links, 2U);
}

TEST_F(ChangeTranslatorTest, TheTopOfTheMountIsInodeOne) {
  const MoRef other{"Datacenter", "datacenter-99"};
  translator_.tell(inventory_.apply({false, true, {enter(other, "DC1", kRootFolder)}}));
  EXPECT_TRUE(kernel_.has(kRootInode, "DC1"));
  EXPECT_TRUE(kernel_.has(kRootInode));
}

/// Does not return from telling before it is let go.
class SlowNotifier : public RecordingNotifier {
 public:
  void invalidate_inode(InodeNumber /*inode*/) override {
    telling = true;
    while (!let_go) std::this_thread::yield();
    left = true;
  }
  std::atomic<bool> telling{false}, let_go{false}, left{false};
};

TEST_F(ChangeTranslatorTest, WhoIsCutOffIsNotUsedAnyMore) {
  SlowNotifier kernel;
  ChangeRelay relay;
  relay.connect(std::make_shared<ChangeTranslator>(tree_, kernel));
  cache::InventoryChange change;
  change.directories = {kFinance};
  std::thread feed([&] { relay.tell(change); });
  while (!kernel.telling) std::this_thread::yield();
  std::atomic<bool> cut_off{false};
  std::thread mount([&] {
    relay.connect(nullptr);
    EXPECT_TRUE(kernel.left);
    cut_off = true;
  });
  for (int i = 0; i < 10'000 && !cut_off; ++i) std::this_thread::yield();
  kernel.let_go = true;
  feed.join();
  mount.join();
  kernel.left = false;
  relay.tell(change);
  EXPECT_FALSE(kernel.left);
}

}  // namespace
}  // namespace vtpmfs::fs::testing
