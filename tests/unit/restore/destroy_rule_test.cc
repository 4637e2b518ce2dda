// What may be destroyed: everything must hold, and each single thing that does not saves the VM.
#include "fs/restore/job/destroy_rule.h"

#include <functional>
#include <ostream>

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using vsphere::VmIdentity;

struct Case {
  const char* name;
  std::function<void(VmIdentity&, RestoreRecord&, std::string& vcenter)> change;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.name;
}

const Case kCases[] = {
    {"AnotherVCenter", [](VmIdentity&, RestoreRecord&, std::string& v) { v = "vcenter-2"; }},
    {"NoVCenterInTheRecord",
     [](VmIdentity&, RestoreRecord& r, std::string& v) {
       r.vcenter.clear();
       v.clear();
     }},
    {"Verified",
     [](VmIdentity&, RestoreRecord& r, std::string&) { r.state = RestoreRecord::State::verified; }},
    {"Done",
     [](VmIdentity&, RestoreRecord& r, std::string&) { r.state = RestoreRecord::State::done; }},
    {"AnotherVm",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.vm.value = "vm-2"; }},
    {"NoVmInTheRecord", [](VmIdentity&, RestoreRecord& r, std::string&) { r.vm.reset(); }},
    {"AnotherInstanceUuid",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.instance_uuid = "other"; }},
    {"NoInstanceUuid",
     [](VmIdentity& vm, RestoreRecord& r, std::string&) {
       vm.detail.instance_uuid = "";
       r.instance_uuid.clear();
     }},
    {"AnotherMark",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.marks[kMarkKey] = "other"; }},
    {"NoMark", [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.marks.clear(); }},
    {"EmptyMarks",
     [](VmIdentity& vm, RestoreRecord& r, std::string&) {
       vm.marks[kMarkKey] = "";
       r.mark.clear();
     }},
    {"SwitchedOn", [](VmIdentity& vm, RestoreRecord&,
                      std::string&) { vm.detail.power = vsphere::PowerState::on; }},
    {"Suspended", [](VmIdentity& vm, RestoreRecord&,
                     std::string&) { vm.detail.power = vsphere::PowerState::suspended; }},
    {"PowerUnknown", [](VmIdentity& vm, RestoreRecord&,
                        std::string&) { vm.detail.power = vsphere::PowerState::unknown; }},
    {"HasRun",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.log_with_content = true; }},
    {"FilesNotListed",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.files_listed = false; }},
    {"HasASnapshot",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.has_snapshot = true; }},
    {"HasADisk", [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.has_disk = true; }},
    {"HasADiskInItsConfig",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.config.disks.emplace_back(); }},
    {"IsATemplate",
     [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.is_template = true; }},
    {"WasRenamed", [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.name = "pay02"; }},
    {"HasNoName", [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.detail.name.reset(); }},
    {"WasMoved",
     [](VmIdentity& vm, RestoreRecord&, std::string&) {
       vm.parent = vsphere::MoRef{"Folder", "group-v2"};
     }},
    {"HasNoFolder", [](VmIdentity& vm, RestoreRecord&, std::string&) { vm.parent.reset(); }},
    {"CannotBeRead",
     [](VmIdentity& vm, RestoreRecord&, std::string&) {
       vm.detail.unreadable.push_back({"snapshot", Error{Errno{EACCES}, "no right"}});
     }},
};

constexpr Looks kOneLook{1, std::chrono::milliseconds(0)};

class DestroyRule : public testing::TestWithParam<Case> {
 protected:
  DestroyRule() {
    record_.state = RestoreRecord::State::created;
    record_.id = "id";
    record_.vcenter = vcenter_;
    record_.mark = "mark";
    record_.instance_uuid = "uuid";
    record_.folder = kVmFolder;
    record_.name = "pay01";
    record_.vm = vsphere::MoRef{"VirtualMachine", "vm-1"};
    vm_.detail.vm = *record_.vm;
    vm_.detail.instance_uuid = "uuid";
    vm_.detail.name = "pay01";
    vm_.detail.power = vsphere::PowerState::off;
    vm_.marks[kMarkKey] = "mark";
    vm_.parent = kVmFolder;
    vm_.files_listed = true;
  }
  made::FakeTarget target_;
  std::string vcenter_ = "vcenter-1";
  RestoreRecord record_;
  VmIdentity vm_;
};

TEST_P(DestroyRule, SavesTheVm) {
  GetParam().change(vm_, record_, vcenter_);
  target_.machines["vm-1"].found = vm_;
  const Status destroyed = destroy_if_ours(target_, record_, vcenter_, kOneLook, {});
  ASSERT_FALSE(destroyed);
  EXPECT_EQ(target_.count("destroy"), 0);
  EXPECT_EQ(target_.machines.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Each, DestroyRule, testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

class DestroyOurs : public DestroyRule {};

TEST_P(DestroyOurs, TakesTheVmAwayWhereAllHolds) {
  EXPECT_EQ(why_not_ours(vm_, record_, vcenter_), std::nullopt);
  target_.machines["vm-1"].found = vm_;
  EXPECT_TRUE(destroy_if_ours(target_, record_, vcenter_, kOneLook, {}));
  EXPECT_TRUE(target_.machines.empty());
  // Gone already is as good.
  EXPECT_TRUE(destroy_if_ours(target_, record_, vcenter_, kOneLook, {}));
  EXPECT_EQ(target_.count("destroy"), 1);
}

INSTANTIATE_TEST_SUITE_P(All, DestroyOurs, testing::Values(Case{"Holds", nullptr}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace vtpmfs::fs
