// by-key/: which VMs a key opens, and what the kernel is told when that changes.
#include "fs/tree/key_index.h"
#include "fs/tree/key_nodes.h"
#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

using ::testing::ElementsAre;
using vsphere::CryptoKeyId;

class KeysTest : public TreeTest {
 protected:
  KeysTest() {
    apply({keyed(kPay, {"k1", "KMS"}), keyed(kWeb, {"k1", "KMS"})});
    tree_.add_root_child({"by-key", std::make_shared<KeyDirectory>(tree_, index_)});
    index_.connect(&tree_, &kernel_);
  }
  ~KeysTest() override { index_.connect(nullptr, nullptr); }

  static EntityChange keyed(const MoRef& vm, const EntityValue& key) {
    return {EntityChange::Kind::modify, vm, {{EntityProperty::key_id, key}}};
  }
  static EntityChange keyed(const MoRef& vm, const CryptoKeyId& key) {
    return keyed(vm, EntityValue(key));
  }
  static EntityChange named(const MoRef& id, const std::string& name) {
    return {EntityChange::Kind::modify, id, {{EntityProperty::name, name}}};
  }
  cache::InventoryChange apply(std::vector<EntityChange> changes) {
    const auto change = inventory_.apply({false, true, std::move(changes)});
    index_.tell(change);
    return change;
  }
  std::string target(const std::vector<std::string>& path) {
    const NodePtr link = walk(path);
    if (!link) return "no such link";
    const auto read = link->read_link();
    return read ? *read : read.error().words;
  }
  InodeNumber directory(const std::vector<std::string>& path) {
    return KeyIndex::inode_of_directory(tree_, path);
  }

  RecordingNotifier kernel_;
  KeyIndex index_{inventory_};
};

TEST_F(KeysTest, ShowsProvidersKeysAndLinksThatLeadToTheirVms) {
  EXPECT_THAT(names(tree_.root()), ElementsAre("by-key", "DC0"));
  EXPECT_THAT(names(walk({"by-key"})), ElementsAre("KMS"));
  EXPECT_THAT(names(walk({"by-key", "KMS"})), ElementsAre("k1"));
  EXPECT_THAT(names(walk({"by-key", "KMS", "k1"})), ElementsAre("pay01", "web"));
  EXPECT_EQ(target({"by-key", "KMS", "k1", "pay01"}), "../../../DC0/vm/Finance/pay01");
  const auto link = walk({"by-key", "KMS", "k1", "web"})->attributes();
  EXPECT_EQ(link->type, NodeType::symlink);
  EXPECT_EQ(link->size, std::string("../../../DC0/vm/web").size());
  EXPECT_EQ(link->permissions, 0777U);
  EXPECT_EQ(walk({"by-key"})->attributes()->links, 3U);
  EXPECT_EQ(walk({"by-key", "KMS", "k1"})->attributes()->links, 2U);
  EXPECT_FALSE(walk({"by-key", "KMS", "k2"}));
}

TEST_F(KeysTest, TimesAreThoseOfTheFilesThatSayWhereAndWhat) {
  EXPECT_EQ(walk({"by-key", "KMS", "k1", "pay01"})->attributes()->mtime, at_second(1'600'000'000));
  EXPECT_EQ(walk({"by-key", "KMS", "k1"})->attributes()->mtime, at_second(1'700'000'000));
  // A guest that writes its nvram moves neither.
  sets_.change(kWeb, [](FakeSets::Vm& vm) {
    vm.listing.files[4].time = vm.listing.directory_time = at_second(1'800'000'000);
  });
  cache::InventoryChange change;
  change.vms = {kWeb};
  index_.tell(change);
  EXPECT_EQ(walk({"by-key"})->attributes()->mtime, at_second(1'700'000'000));
  EXPECT_TRUE(kernel_.has(directory({"KMS", "k1"})));
}

TEST_F(KeysTest, ANewKeyMovesTheLinkAndTheKernelIsTold) {
  kernel_.entries.clear();
  EXPECT_TRUE(apply({keyed(kWeb, CryptoKeyId{"k2", "KMS"})}).keys_moved);
  EXPECT_THAT(names(walk({"by-key", "KMS"})), ElementsAre("k1", "k2"));
  EXPECT_THAT(names(walk({"by-key", "KMS", "k1"})), ElementsAre("pay01"));
  EXPECT_TRUE(kernel_.has(directory({"KMS", "k1"}), "web"));
  EXPECT_TRUE(kernel_.has(directory({"KMS", "k2"}), "web"));
  EXPECT_TRUE(kernel_.has(directory({"KMS"}), "k2"));
  EXPECT_FALSE(kernel_.has(directory({"KMS"}), "k1"));
  EXPECT_TRUE(kernel_.has(directory({})));  // its time
}

TEST_F(KeysTest, AKeyThatOpensNothingAnyMoreIsGone) {
  const NodePtr key = walk({"by-key", "KMS", "k1"});
  const NodePtr link = walk({"by-key", "KMS", "k1", "web"});
  apply({keyed(kWeb, CryptoKeyId{"k2", "KMS"}), keyed(kPay, EntityValue{})});
  EXPECT_EQ(key->attributes().error().code, Errno{ENOENT});
  EXPECT_EQ(link->read_link().error().code, Errno{ENOENT});
  EXPECT_EQ(open_directory(key).error().code, Errno{ENOENT});
  EXPECT_TRUE(kernel_.has(directory({"KMS"}), "k1"));
  apply({keyed(kWeb, EntityValue{})});
  EXPECT_TRUE(kernel_.has(directory({}), "KMS"));
  EXPECT_TRUE(names(walk({"by-key"})).empty());
}

TEST_F(KeysTest, ALinkFollowsItsVmAndTheFolderAbove) {
  const NodePtr link = walk({"by-key", "KMS", "k1", "pay01"});
  apply({named(kFinance, "Money")});
  EXPECT_EQ(*link->read_link(), "../../../DC0/vm/Money/pay01");
  EXPECT_TRUE(kernel_.has(link->inode()));  // its size is another one
  kernel_.entries.clear();
  apply({named(kPay, "pay02")});
  EXPECT_EQ(target({"by-key", "KMS", "k1", "pay02"}), "../../../DC0/vm/Money/pay02");
  EXPECT_TRUE(kernel_.has(directory({"KMS", "k1"}), "pay01"));
  EXPECT_TRUE(kernel_.has(directory({"KMS", "k1"}), "pay02"));
}

TEST_F(KeysTest, TwoProvidersWithOneKeyIdAndTwoVmsOfOneNameStayApart) {
  apply({keyed(kWeb, CryptoKeyId{"k1", "Other"}), keyed(kPay, CryptoKeyId{"k1", "KMS"})});
  EXPECT_THAT(names(walk({"by-key"})), ElementsAre("KMS", "Other"));
  EXPECT_THAT(names(walk({"by-key", "Other", "k1"})), ElementsAre("web"));
  EXPECT_NE(walk({"by-key", "Other", "k1"})->inode(), walk({"by-key", "KMS", "k1"})->inode());
  apply({keyed(kWeb, CryptoKeyId{"k1", "KMS"}), named(kWeb, "pay01")});
  EXPECT_THAT(names(walk({"by-key", "KMS", "k1"})), ElementsAre("pay01~vm-1", "pay01~vm-2"));
  EXPECT_EQ(target({"by-key", "KMS", "k1", "pay01~vm-2"}), "../../../DC0/vm/pay01");
}

TEST_F(KeysTest, AKeyWithoutAProviderIsUnderANameThatNoProviderHas) {
  apply({keyed(kWeb, CryptoKeyId{"k1", std::nullopt}), keyed(kPay, CryptoKeyId{"k1", "%default"})});
  EXPECT_THAT(names(walk({"by-key"})), ElementsAre("%25default", "%default"));
}

}  // namespace
}  // namespace vtpmfs::fs::testing
