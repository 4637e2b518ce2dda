// user.vtpmfs.*: readable, never listed.
#include "fs/tree/vm_attributes.h"

#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

class VmAttributesTest : public TreeTest {
 protected:
  std::string of(const std::vector<std::string>& path, const std::string& name) {
    const NodePtr node = walk(path);
    const auto value = answer_of<std::string>([&](Answer<std::string> answer) {
      node->get_attribute("user.vtpmfs." + name, {}, std::move(answer));
    });
    if (value) return *value;
    EXPECT_EQ(value.error().code, Errno{ENODATA});
    return "none";
  }
  const std::vector<std::string> vm_{"DC0", "vm", "Finance", "pay01"};
  const std::vector<std::string> nvram_{"DC0", "vm", "Finance", "pay01", "nvram"};
};

TEST_F(VmAttributesTest, OfAVm) {
  EXPECT_EQ(of(vm_, "moref"), "vm-1");
  EXPECT_EQ(of(vm_, "changeVersion"), "none");
  EXPECT_EQ(of(vm_, "key"), "none");
  sets_.change(kPay, [](FakeSets::Vm& vm) {
    vm.change_version = "2024-06-25";
    vm.key_id_file = std::make_shared<const std::string>("KMS/key-1");
  });
  EXPECT_EQ(of(vm_, "changeVersion"), "2024-06-25");
  EXPECT_EQ(of(vm_, "key"), "key-1");
  EXPECT_EQ(of(vm_, "provider"), "KMS");
  EXPECT_EQ(of(vm_, "sha256"), "none");
  EXPECT_TRUE(walk(vm_)->list_attributes()->empty());
}

TEST_F(VmAttributesTest, TheKeyOfTheFeedWhereTheSetHasNone) {
  inventory_.apply({false,
                    true,
                    {{EntityChange::Kind::modify,
                      kPay,
                      {{EntityProperty::key_id, vsphere::CryptoKeyId{"key-7", std::nullopt}}}}}});
  EXPECT_EQ(of(vm_, "key"), "key-7");
  EXPECT_EQ(of(vm_, "provider"), "none");
}

TEST_F(VmAttributesTest, OfAFile) {
  EXPECT_EQ(of(nvram_, "sha256"), "none");
  sets_.change(kPay, [](FakeSets::Vm& vm) { vm.hashes[FileRole::nvram] = cache::sha256("n"); });
  EXPECT_EQ(of(nvram_, "sha256"), cache::hex(cache::sha256("n")));
  EXPECT_EQ(of(nvram_, "moref"), "none");
  EXPECT_TRUE(walk(nvram_)->list_attributes()->empty());
}

TEST_F(VmAttributesTest, TheGenerationIsAnotherOneWhenAnyFileIs) {
  const std::string before = of(vm_, "generation");
  EXPECT_EQ(before.size(), 16U);
  EXPECT_EQ(of(vm_, "generation"), before);
  sets_.change(kPay, [](FakeSets::Vm& vm) { vm.listing.files[4].time += std::chrono::seconds(1); });
  const std::string after = of(vm_, "generation");
  EXPECT_NE(after, before);
  sets_.change(kPay, [](FakeSets::Vm& vm) { vm.listing.files.pop_back(); });
  EXPECT_NE(of(vm_, "generation"), after);
}

}  // namespace
}  // namespace vtpmfs::fs::testing
