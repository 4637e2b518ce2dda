// Making VMs in a simulated vCenter, by the calls that a restore is made of.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/integration/captured_messages.h"
#include "tests/integration/vcenter_under_test.h"
#include "vsphere/datastore_path.h"
#include "vsphere/fault.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

/// A machine of the fleet that has everything: saved, and restored under another name.
class RestoreCallsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    vcenter.tell("capture", {{"directory", captured.directory()}});
    connection = vcenter.connect();
    ASSERT_NE(connection, nullptr);
    for (const auto& candidate : vcenter.tell("list-vms")) {
      if (candidate.value("provider", "") == "KMS" && candidate.at("tpm").get<bool>() &&
          candidate.contains("nvram") && candidate.at("power") == "off" &&
          candidate.at("connection") == "connected" && candidate.at("snapshots") == 0 &&
          !candidate.at("locked").get<bool>() && !candidate.at("template").get<bool>()) {
        machine = candidate;
        break;
      }
    }
    ASSERT_FALSE(machine.is_null());
    auto read = connection->vms().read_details({{"VirtualMachine", machine.at("id")}}, {});
    ASSERT_TRUE(read && read->size() == 1) << (read ? "" : read.error().words);
    saved = std::move(read->front());
    find_place();
  }

  void TearDown() override {
    connection.reset();
    vcenter.tell("capture", {{"directory", ""}});
    captured.validate();
  }

  void find_place() {
    const auto places = connection->vms().datastores({});
    ASSERT_TRUE(places) << places.error().words;
    const auto home = std::find_if(places->begin(), places->end(), [&](const auto& known) {
      return known.datastore == saved.datastores.front();
    });
    ASSERT_NE(home, places->end());
    place = *home;
    auto identity = target().identify(saved.vm, {});
    ASSERT_TRUE(identity) << identity.error().words;
    ASSERT_TRUE(identity->parent);
    folder = *identity->parent;
    auto offered = target().placement_options(place.datacenter, {});
    ASSERT_TRUE(offered) << offered.error().words;
    options = std::move(*offered);
    ASSERT_FALSE(options.pools.empty());
    const auto choice = std::find_if(
        options.datastores.begin(), options.datastores.end(),
        [&](const auto& datastore) { return datastore.place.datastore == place.datastore; });
    ASSERT_NE(choice, options.datastores.end());
    for (const PoolChoice& candidate : options.pools) {
      for (const MoRef& ref : candidate.hosts) {
        const auto usable =
            std::find_if(options.hosts.begin(), options.hosts.end(),
                         [&](const HostChoice& h) { return h.host == ref && h.usable; });
        if (usable != options.hosts.end() &&
            std::count(choice->hosts.begin(), choice->hosts.end(), ref) > 0) {
          pool = candidate.pool;
          host = ref;
          return;
        }
      }
    }
    FAIL() << "no host reaches the datastore";
  }

  RestoreTarget& target() { return connection->restore_target(); }

  NewVm new_vm(const std::string& name) {
    NewVm vm;
    vm.name = name;
    vm.config = saved.config;
    vm.config.uuid.reset();
    vm.instance_uuid = "5030c0de-0000-4000-8000-00000000000" + std::to_string(++uuids);
    vm.key = saved.key_id;
    vm.bundle = saved.encryption_bundle;
    vm.firmware = saved.firmware.value_or("efi");
    vm.saved_tpm = saved.vtpm;
    vm.datastore = place.name;
    vm.annotation = "restore in progress: do not power on";
    vm.marks = {{"vtpmfs.restore", "mark-1"}};
    const auto policies = target().encryption_policies({});
    EXPECT_TRUE(policies && !policies->empty());
    if (policies && !policies->empty()) vm.policy_id = policies->front().id;
    for (const VmDevice& device : vm.config.devices) {
      for (const NetworkChoice& network : options.networks) {
        const bool same = device.portgroup_key ? network.portgroup_key == device.portgroup_key
                                               : network.name == device.network_name;
        if (same) vm.network_of_nic[device.key] = network;
      }
    }
    return vm;
  }

  Result<MoRef> create(const NewVm& vm) {
    const auto task = target().start_create_vm(folder, pool, host, vm, {});
    if (!task) return fail(task.error());
    const auto made = target().wait_task(*task, [](int) {}, {});
    if (!made) return fail(made.error());
    if (!*made) return fail(EIO, "the task has no result");
    return **made;
  }

  /// What it asks for is refused, and not sent; reading goes on.
  void expect_changes_nothing(Connection& reader) {
    RestoreTarget& readonly = reader.restore_target();
    const NewVm vm = new_vm("never");
    vcenter.reset_counts();
    EXPECT_EQ(readonly.start_create_vm(folder, pool, host, vm, {}).error().code.value(), EROFS);
    EXPECT_EQ(readonly.create_folder(folder, "never", {}).error().code.value(), EROFS);
    EXPECT_EQ(readonly.destroy_vm(saved.vm, {}).error().code.value(), EROFS);
    EXPECT_EQ(readonly.upload(place, "x.nvram", "x", {}).error().code.value(), EROFS);
    EXPECT_EQ(readonly.finish(saved.vm, {}, "", {}).error().code.value(), EROFS);
    EXPECT_EQ(readonly.create_encryption_policy("never", {}).error().code.value(), EROFS);
    EXPECT_TRUE(reader.vms().list_nvram(place, std::nullopt, {}));
    for (const char* operation : {"CreateVM_Task", "CreateFolder", "Destroy_Task",
                                  "ReconfigVM_Task", "PbmCreate", "PUT /folder"}) {
      EXPECT_EQ(vcenter.count(operation), 0U) << operation;
    }
  }

  CapturedMessages captured;
  VCenterUnderTest vcenter;
  std::unique_ptr<Connection> connection;
  nlohmann::json machine;
  VmDetail saved;
  DatastorePlace place;
  MoRef folder;
  MoRef pool;
  MoRef host;
  PlacementOptions options;
  int uuids = 0;
};

TEST_F(RestoreCallsTest, TheSameVtpmInANewVm) {
  const auto identity_before = vcenter.tell("tpm-identity", {{"vm", saved.vm.value}});
  const auto path = nvram_path(*saved.vm_path_name, saved.nvram_extra_config, saved.nvram_layout);
  ASSERT_TRUE(path && *path);
  const auto nvram = target().download(place, (*path)->path, 1 << 24, {});
  ASSERT_TRUE(nvram) << nvram.error().words;

  const auto vm = create(new_vm("restored"));
  ASSERT_TRUE(vm) << vm.error().words;
  const auto made = target().identify(*vm, {});
  ASSERT_TRUE(made) << made.error().words;
  EXPECT_EQ(made->detail.name, "restored");
  EXPECT_EQ(made->detail.key_id, saved.key_id);
  EXPECT_EQ(made->detail.encryption_bundle, saved.encryption_bundle);
  EXPECT_TRUE(made->detail.vtpm);
  EXPECT_EQ(made->detail.instance_uuid, "5030c0de-0000-4000-8000-000000000001");
  EXPECT_EQ(made->parent, folder);
  EXPECT_EQ(made->marks, (std::map<std::string, std::string>{{"vtpmfs.restore", "mark-1"}}));
  EXPECT_FALSE(made->has_disk);
  EXPECT_EQ(made->detail.power, PowerState::off);
  EXPECT_EQ(made->detail.config.efi_secure_boot, saved.config.efi_secure_boot);
  const auto types_of = [](const VmConfig& config) {
    std::multiset<std::string> types;
    for (const VmDevice& device : config.devices) types.insert(device.type);
    return types;
  };
  EXPECT_EQ(types_of(made->detail.config), types_of(saved.config));

  const auto new_path = nvram_path(*made->detail.vm_path_name, made->detail.nvram_extra_config,
                                   made->detail.nvram_layout);
  ASSERT_TRUE(new_path && *new_path);
  ASSERT_TRUE(target().upload(place, (*new_path)->path, *nvram, {}));
  EXPECT_EQ(target().download(place, (*new_path)->path, 1 << 24, {}).value(), *nvram);
  ASSERT_TRUE(target().finish(*vm, {"vtpmfs.restore"}, "as it was", {}));
  const auto finished = vcenter.tell("vm", {{"vm", vm->value}});
  EXPECT_EQ(finished.at("annotation"), "as it was");
  EXPECT_FALSE(finished.at("extra_config").contains("vtpmfs.restore"));
  EXPECT_EQ(vcenter.tell("tpm-identity", {{"vm", vm->value}}), identity_before);
  vcenter.tell("power-on", {{"vm", vm->value}});
  EXPECT_EQ(vcenter.tell("tpm-identity", {{"vm", vm->value}}), identity_before);
}

TEST_F(RestoreCallsTest, TheThreeTries) {
  vcenter.set("ek-at-create", "refuse");
  NewVm vm = new_vm("second try");
  const auto refused = create(vm);
  ASSERT_FALSE(refused);
  ASSERT_NE(refused.error().fault, nullptr);
  EXPECT_FALSE(refused.error().maybe_done);
  vm.tpm = TpmInSpec::bare;
  EXPECT_TRUE(create(vm));

  vcenter.set("vtpm-at-create", "refuse");
  vm = new_vm("third try");
  vm.tpm = TpmInSpec::bare;
  EXPECT_FALSE(create(vm));
  vm.tpm = TpmInSpec::none;
  const auto bare = create(vm);
  ASSERT_TRUE(bare) << bare.error().words;
  ASSERT_TRUE(target().add_tpm(*bare, nullptr, {}));
  auto made = target().identify(*bare, {});
  ASSERT_TRUE(made && made->detail.vtpm);
  const auto edited =
      target().set_tpm_certificates(*bare, *made->detail.vtpm, saved.vtpm->certificates, {});
  ASSERT_TRUE(edited) << edited.error().words;
  made = target().identify(*bare, {});
  ASSERT_TRUE(made && made->detail.vtpm);
  EXPECT_EQ(made->detail.vtpm->certificates, saved.vtpm->certificates);
}

TEST_F(RestoreCallsTest, AServerThatSetsTheKeyOnlyByReconfigure) {
  vcenter.set("key-id-at-create", "reconfigure-only");
  const NewVm vm = new_vm("late key");
  const auto made = create(vm);
  ASSERT_TRUE(made) << made.error().words;
  EXPECT_FALSE(target().identify(*made, {})->detail.key_id);
  const auto set = target().set_key(*made, *saved.key_id, vm.policy_id, {});
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_EQ(target().identify(*made, {})->detail.key_id, saved.key_id);
}

TEST_F(RestoreCallsTest, WhatTheServerRefusesIsToldByErrno) {
  NewVm vm = new_vm(saved.name.value_or(""));
  EXPECT_EQ(create(vm).error().code.value(), EEXIST);
  vm = new_vm("bad key");
  vm.key->key_id = "00000000-0000-0000-0000-000000000000";
  const auto no_key = create(vm);
  ASSERT_FALSE(no_key);
  EXPECT_NE(no_key.error().fault, nullptr);
  EXPECT_FALSE(target().find_child(folder, "bad key", {}).value());
}

TEST_F(RestoreCallsTest, ALostReplyIsToldAndNothingIsSentAgain) {
  vcenter.tell("inject", {{"kind", "reset-after"}, {"match", "CreateVM_Task"}});
  vcenter.reset_counts();
  const NewVm vm = new_vm("lost reply");
  const auto task = target().start_create_vm(folder, pool, host, vm, {});
  ASSERT_FALSE(task);
  EXPECT_TRUE(task.error().maybe_done);
  EXPECT_EQ(vcenter.count("CreateVM_Task"), 1U);
  EXPECT_TRUE(eventually([&] {
    const auto found = target().find_by_uuid(vm.instance_uuid, true, {});
    return found && found->size() == 1;
  }));
}

TEST_F(RestoreCallsTest, Looking) {
  const auto child = target().find_child(folder, saved.name.value_or(""), {});
  ASSERT_TRUE(child) << child.error().words;
  EXPECT_EQ(*child, saved.vm);
  EXPECT_FALSE(target().find_child(folder, "nobody", {}).value());
  const auto by_uuid = target().find_by_uuid(*saved.instance_uuid, true, {});
  ASSERT_TRUE(by_uuid) << by_uuid.error().words;
  EXPECT_EQ(*by_uuid, std::vector<MoRef>{saved.vm});
  EXPECT_TRUE(target().find_by_uuid("00000000-0000-0000-0000-000000000000", false, {})->empty());
  const auto gone = target().identify({"VirtualMachine", "vm-none"}, {});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code.value(), ENOENT);
}

TEST_F(RestoreCallsTest, WhoseDirectoryItIs) {
  const auto vmx = DatastorePath::parse(saved.vm_path_name.value_or(""));
  ASSERT_TRUE(vmx);
  const auto files = target().vm_files_in(place, vmx->directory(), {});
  ASSERT_TRUE(files) << files.error().words;
  EXPECT_EQ(*files, std::vector<std::string>{vmx->name()});
  const auto none = target().vm_files_in(place, "no such directory", {});
  ASSERT_TRUE(none) << none.error().words;
  EXPECT_TRUE(none->empty());
}

TEST_F(RestoreCallsTest, ALivingTpmIsFoundByItsCertificates) {
  ASSERT_TRUE(saved.vtpm && !saved.vtpm->certificates.empty());
  const auto living = target().vms_with_certificates({saved.vtpm->certificates.front()}, {});
  ASSERT_TRUE(living) << living.error().words;
  EXPECT_EQ(*living, std::vector<std::string>{saved.name.value_or("")});
  // All VMs are read once for many sets.
  vcenter.reset_counts();
  EXPECT_TRUE(target().vms_with_certificates({"b3RoZXI="}, {}).value().empty());
  EXPECT_EQ(vcenter.count("RetrievePropertiesEx"), 0U);
}

TEST_F(RestoreCallsTest, ATpmWhoseVmIsGoneIsNotAlive) {
  const auto certificates = saved.vtpm->certificates;
  ASSERT_EQ(target().vms_with_certificates(certificates, {}).value().size(), 1U);
  ASSERT_TRUE(target().destroy_vm(saved.vm, {}));
  const auto living = target().vms_with_certificates(certificates, {});
  ASSERT_TRUE(living) << living.error().words;
  EXPECT_TRUE(living->empty());
}

TEST_F(RestoreCallsTest, FoldersAndDestroying) {
  const auto made = target().create_folder(folder, "new %2f folder", {});
  ASSERT_TRUE(made) << made.error().words;
  EXPECT_EQ(target().find_child(folder, "new %2f folder", {}).value(), *made);
  EXPECT_EQ(target().create_folder(folder, "new %2f folder", {}).error().code.value(), EEXIST);
  folder = *made;
  const auto vm = create(new_vm("short-lived"));
  ASSERT_TRUE(vm) << vm.error().words;
  EXPECT_TRUE(target().identify(*vm, {})->files_listed);
  vcenter.set("destroy", "refuse");
  EXPECT_FALSE(target().destroy_vm(*vm, {}));
  vcenter.set("destroy", "allow");
  const auto destroyed = target().destroy_vm(*vm, {});
  ASSERT_TRUE(destroyed) << destroyed.error().words;
  EXPECT_EQ(target().identify(*vm, {}).error().code.value(), ENOENT);
  const auto other = create(new_vm("template"));
  ASSERT_TRUE(other);
  ASSERT_TRUE(target().mark_as_template(*other, {}));
  EXPECT_TRUE(target().identify(*other, {})->detail.is_template);
}

TEST_F(RestoreCallsTest, ADiskIsSeen) {
  const auto vm = create(new_vm("with disk"));
  ASSERT_TRUE(vm) << vm.error().words;
  EXPECT_FALSE(target().identify(*vm, {})->has_disk);
  vcenter.tell("attach-disk", {{"vm", vm->value}});
  EXPECT_TRUE(target().identify(*vm, {})->has_disk);
}

TEST_F(RestoreCallsTest, Keys) {
  using Answer = KeyCheck::Answer;
  const auto providers = target().key_providers({});
  ASSERT_TRUE(providers) << providers.error().words;
  EXPECT_GE(providers->size(), 2U);
  EXPECT_EQ(target().check_key(*saved.key_id, nullptr, {}).answer, Answer::yes);
  EXPECT_EQ(target().check_key({"x", "KMS"}, nullptr, {}).answer, Answer::no);
  EXPECT_EQ(target().check_key({"x", "no such provider"}, nullptr, {}).answer, Answer::no);
  EXPECT_EQ(target().check_key({"x", "NKP1"}, nullptr, {}).answer, Answer::unknown);
  vcenter.set("query-crypto-key-status", "missing");
  EXPECT_EQ(target().check_key({"x", "KMS"}, nullptr, {}).answer, Answer::unknown);
  vcenter.set("list-kms-clusters", "missing");
  ASSERT_TRUE(target().key_providers({}));
  EXPECT_EQ(target().check_key({"x", "no such provider"}, nullptr, {}).answer, Answer::no);
  vcenter.set("list-kmip-servers", "missing");
  EXPECT_EQ(target().check_key({"x", "no such provider"}, nullptr, {}).answer, Answer::unknown);
}

TEST_F(RestoreCallsTest, PoliciesInEachForm) {
  for (const char* form : {"both", "indirect", "direct", "dangling"}) {
    vcenter.set("encryption-policies", form);
    const auto policies = target().encryption_policies({});
    ASSERT_TRUE(policies) << form << ": " << policies.error().words;
    EXPECT_FALSE(policies->empty()) << form;
  }
  vcenter.set("encryption-policies", "none");
  ASSERT_TRUE(target().encryption_policies({}));
  EXPECT_TRUE(target().encryption_policies({})->empty());
  const auto made = target().create_encryption_policy("vtpmfs encryption", {});
  ASSERT_TRUE(made) << made.error().words;
  const auto found = target().encryption_policies({});
  ASSERT_TRUE(found && found->size() == 1);
  EXPECT_EQ(found->front().id, made->id);
  EXPECT_EQ(target().create_encryption_policy("vtpmfs encryption", {}).error().code.value(),
            EEXIST);

  EXPECT_EQ(target().knows_vm_encryption({}).value(), true);
  vcenter.set("pbm-fetch-vendor-info", "missing");
  EXPECT_EQ(target().knows_vm_encryption({}).value(), std::nullopt);
  vcenter.set("pbm", "unavailable");
  EXPECT_FALSE(target().encryption_policies({}));
}

TEST_F(RestoreCallsTest, PlacementIsOfThisDatacenterOnly) {
  std::vector<std::string> paths;
  for (const PoolChoice& choice : options.pools) paths.push_back(choice.path);
  EXPECT_THAT(paths, Each(HasSubstr(place.datacenter_path + "/host/")));
  for (const DatastoreChoice& choice : options.datastores) {
    EXPECT_EQ(choice.place.datacenter_path, place.datacenter_path);
  }
  EXPECT_TRUE(std::any_of(options.networks.begin(), options.networks.end(),
                          [](const auto& n) { return n.portgroup_key && n.switch_uuid; }));
  EXPECT_TRUE(std::any_of(options.pools.begin(), options.pools.end(),
                          [](const auto& choice) { return choice.drs; }));
}

TEST(Placement, OfADatacenterInFoldersWithItsDatastoreClusters) {
  simulator::FleetOptions fleet;
  fleet.vms = 4;
  fleet.varied_places = true;
  VCenterUnderTest vcenter(fleet);
  const auto connection = vcenter.connect();
  ASSERT_NE(connection, nullptr);
  const auto places = connection->vms().datastores({});
  ASSERT_TRUE(places) << places.error().words;
  const std::string datacenter = "/Süd %2f Nord/100%25 of + it/Dätä %2f 2 & co";
  const auto within = std::find_if(places->begin(), places->end(), [&](const auto& known) {
    return known.datacenter_path == datacenter;
  });
  ASSERT_NE(within, places->end());
  const auto offered = connection->restore_target().placement_options(within->datacenter, {});
  ASSERT_TRUE(offered) << offered.error().words;
  std::map<std::string, DatastoreChoice> by_name;
  for (const DatastoreChoice& choice : offered->datastores) {
    EXPECT_TRUE(by_name.emplace(choice.place.name, choice).second) << choice.place.name;
    EXPECT_EQ(choice.place.datacenter_path, datacenter);
  }
  EXPECT_EQ(by_name.at("datastore1").path, datacenter + "/datastore/datastore1");
  EXPECT_EQ(by_name.at("datastore1").pod, "");
  EXPECT_EQ(by_name.at("pod1-large").pod, datacenter + "/datastore/Tier %2f 1/Pod1");
  EXPECT_EQ(by_name.at("pod1-large").path, by_name.at("pod1-large").pod + "/pod1-large");
  EXPECT_TRUE(by_name.at("pod1-quiet").maintenance);
  EXPECT_EQ(by_name.at("vvolDatastore").type, "VVOL");
}

TEST_F(RestoreCallsTest, AReadOnlyConnectionChangesNothing) {
  auto settings = vcenter.settings();
  settings.read_only = true;
  const auto reader = VCenterUnderTest::connect(settings);
  ASSERT_NE(reader, nullptr);
  expect_changes_nothing(*reader);
}

TEST_F(RestoreCallsTest, NorDoesOneToAnEsxiHost) {
  vcenter.tell("switch", {{"name", "api-type"}, {"value", "HostAgent"}});
  const auto host_alone = vcenter.connect();
  ASSERT_NE(host_alone, nullptr);
  EXPECT_FALSE(host_alone->vms().server().is_vcenter);
  expect_changes_nothing(*host_alone);
}

}  // namespace
}  // namespace vtpmfs::vsphere
