// What the world answers is valid by VMware's schema, where that is at hand.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "tests/simulator/control/capture.h"
#include "tests/unit/simworld/machine_order.h"

namespace vtpmfs::simulator {
namespace {

const std::filesystem::path schema =
    std::filesystem::path(VTPMFS_SOURCE_DIR) / "../shared/wsdl/soap11-envelope.xsd";

class WorldSchemaTest : public MachineTest {
 protected:
  WorldSchemaTest() {
    char name[] = "/tmp/simworld-schema-XXXXXX";
    directory = mkdtemp(name);
    simulator.capture().set(directory);
  }
  ~WorldSchemaTest() override { std::filesystem::remove_all(directory); }

  void read_all(const Ref& object, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) value_in(read(object, path));
  }

  void read_machines() {
    for (const auto& known : verb("list-vms")) {
      read_all({"VirtualMachine", known.at("id")}, {"config",
                                                    "config.keyId",
                                                    "config.hardware",
                                                    "config.hardware.device",
                                                    "config.hardware.device[11000]",
                                                    "config.extraConfig",
                                                    "config.files",
                                                    "config.flags",
                                                    "config.bootOptions",
                                                    "config.datastoreUrl",
                                                    "config.createDate",
                                                    "config.extraConfig[\"encryption.bundle\"]",
                                                    "runtime",
                                                    "runtime.powerState",
                                                    "runtime.connectionState",
                                                    "runtime.bootTime",
                                                    "runtime.host",
                                                    "summary.config",
                                                    "summary.overallStatus",
                                                    "layoutEx",
                                                    "layoutEx.file",
                                                    "snapshot",
                                                    "rootSnapshot",
                                                    "resourcePool",
                                                    "parentVApp",
                                                    "parent",
                                                    "datastore",
                                                    "network"});
    }
  }

  void read_places() {
    for (const char* name : {"datastore1", "nfs & share", "vsanDatastore", "full", "dead"}) {
      read_all(at(std::string("DC1/datastore/") + name),
               {"summary", "info", "capability", "host", "browser", "name", "overallStatus"});
    }
    read_all(at("DC1/host/Cluster1"),
             {"resourcePool", "host", "datastore", "network", "configuration.drsConfig.enabled"});
    read_all(at("DC1/host/Cluster1/Cluster1-esx1.example.test"),
             {"runtime", "runtime.connectionState", "runtime.powerState", "datastore", "parent"});
    read_all(at("DC1/host/Cluster1/Resources"), {"owner", "resourcePool", "vm"});
    read_all(at("DC1"), {"vmFolder", "datastore", "network"});
    read_all(at("DC1/vm"), {"childEntity", "childType"});
    read_all(at("DC1/network/DPG-prod"), {"key", "config.distributedVirtualSwitch", "host"});
    read_all({"CryptoManagerKmip", "CryptoManager"}, {"kmipServers", "enabled"});
  }

  void change_machines() {
    const Saved saved = save("win00001");
    SpecBuilder good;
    fill(good, "restored", saved);
    good.disk().card("VM Network");
    const TaskEnd end = create(good);
    EXPECT_EQ(end.state, "success");
    create(good);  // DuplicateName
    SpecBuilder full;
    fill(full, "full", saved);
    full.spec.files->vmPathName = "[full]";
    create(full);
    full.spec.files->vmPathName = "[dead]";
    create(full);
    full.spec.files->vmPathName = "[none]";
    create(full);
    SpecBuilder plain;
    plain.ordinary("plain").tpm().policy(plain_policy).encrypt(saved.provider, saved.key);
    create(plain);
    SpecBuilder keyless;
    keyless.ordinary("keyless").tpm().extra("encryption.bundle", saved.bundle);
    create(keyless);
    SpecBuilder two;
    two.ordinary("two").tpm().tpm();
    create(two);
    SpecBuilder newer;
    newer.ordinary("newer");
    newer.spec.version = "vmx-99";
    create(newer);
    SpecBuilder note;
    note.spec.changeVersion = "old";
    reconfigure(end.result, note);
    SpecBuilder own;
    own.tpm({"AAAA"}, "edit", 11000);
    reconfigure(end.result, own);
    own.spec.deviceChange.front().device->key = 1;
    reconfigure(end.result, own);
    power_on(end.result);
    power_on(end.result);
    destroy(end.result);
    power_off(end.result);
    destroy(end.result);
    reconfigure(vm_ref("on-lost-host"), SpecBuilder());
  }

  void ask_for_hardware() {
    const auto cluster = read(at("DC1/host/Cluster1"), "environmentBrowser");
    const auto* browser = dynamic_cast<const vim25__ManagedObjectReference*>(
        (*cluster)->returnval.value().objects.at(0).propSet.at(0).val);
    ASSERT_NE(browser, nullptr);
    _vim25__QueryConfigOptionDescriptor versions;
    versions._USCOREthis = *browser;
    EXPECT_TRUE(client.call<_vim25__QueryConfigOptionDescriptorResponse>(versions));
    _vim25__QueryConfigOptionEx options;
    options._USCOREthis = *browser;
    EXPECT_TRUE(client.call<_vim25__QueryConfigOptionExResponse>(options));
    auto& spec = options.spec.emplace();
    spec.key = "vmx-11";
    spec.guestId = {"ubuntu64Guest"};
    EXPECT_TRUE(client.call<_vim25__QueryConfigOptionExResponse>(options));
    spec.key = "vmx-99";
    EXPECT_TRUE(client.call<_vim25__QueryConfigOptionExResponse>(options));
  }

  void ask_services() {
    _vim25__ListKmsClusters list;
    list._USCOREthis = vsphere::reference("CryptoManagerKmip", "CryptoManager");
    list.includeKmsServers = true;
    EXPECT_TRUE(client.call<_vim25__ListKmsClustersResponse>(list));
    _vim25__QueryCryptoKeyStatus status;
    status._USCOREthis = list._USCOREthis;
    status.keyIds.push_back(SpecBuilder::key_id("KMS", vm("win00001").at("key_id")));
    status.keyIds.push_back(SpecBuilder::key_id("none", "none"));
    status.checkKeyBitMap = 3;
    EXPECT_TRUE(client.call<_vim25__QueryCryptoKeyStatusResponse>(status));
    _vim25__GenerateKey generate;
    generate._USCOREthis = list._USCOREthis;
    EXPECT_TRUE(client.call<_vim25__GenerateKeyResponse>(generate));
    _pbm__PbmRetrieveServiceContent content;
    content._USCOREthis = vsphere::reference("PbmServiceInstance", "ServiceInstance");
    EXPECT_TRUE(policy_call<_pbm__PbmRetrieveServiceContentResponse>(content));
    const auto manager = vsphere::reference("PbmProfileProfileManager", "ProfileManager");
    _pbm__PbmQueryProfile query;
    query._USCOREthis = manager;
    query.resourceType.resourceType = "STORAGE";
    const auto ids = policy_call<_pbm__PbmQueryProfileResponse>(query);
    ASSERT_TRUE(ids);
    _pbm__PbmRetrieveContent retrieve;
    retrieve._USCOREthis = manager;
    retrieve.profileIds = (*ids)->returnval;
    EXPECT_TRUE(policy_call<_pbm__PbmRetrieveContentResponse>(retrieve));
    retrieve.profileIds.front().uniqueId = "none";
    EXPECT_FALSE(policy_call<_pbm__PbmRetrieveContentResponse>(retrieve));
    _pbm__PbmFetchVendorInfo vendors;
    vendors._USCOREthis = manager;
    EXPECT_TRUE(policy_call<_pbm__PbmFetchVendorInfoResponse>(vendors));
    _pbm__PbmQueryAssociatedProfiles associated;
    associated._USCOREthis = manager;
    for (const std::string& key :
         {vm("win00001").at("id").get<std::string>(), std::string("none")}) {
      auto& entity = associated.entities.emplace_back();
      entity.objectType = "virtualMachine";
      entity.key = key;
    }
    EXPECT_TRUE(policy_call<_pbm__PbmQueryAssociatedProfilesResponse>(associated));
  }

  void search() {
    const auto browser = read(at("DC1/datastore/datastore1"), "browser");
    _vim25__SearchDatastoreSubFolders_USCORETask request;
    request._USCOREthis = *vsphere::value_as<vim25__ManagedObjectReference>(value_in(browser));
    request.datastorePath = "[datastore1]";
    request.searchSpec.emplace().details.emplace();
    request.searchSpec->details->fileType = true;
    request.searchSpec->details->fileSize = true;
    request.searchSpec->details->modification = true;
    EXPECT_EQ(run<_vim25__SearchDatastoreSubFolders_USCORETaskResponse>(request).state, "success");
    request.datastorePath = "[datastore1] none";
    EXPECT_EQ(run<_vim25__SearchDatastoreSubFolders_USCORETaskResponse>(request).state, "error");
  }

  std::filesystem::path directory;
};

TEST_F(WorldSchemaTest, AnswersAreValid) {
  if (!std::filesystem::exists(schema)) GTEST_SKIP() << "no schema at " << schema;
  if (std::system("xmllint --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no xmllint";
  read_machines();
  read_places();
  change_machines();
  ask_services();
  ask_for_hardware();
  search();
  const std::string command = "cd " + directory.string() +
                              " && find . -name '*-resp.xml' | xargs xmllint --noout --schema " +
                              schema.string() +
                              " >log 2>&1 || { grep -v ' validates$' log; false; }";
  const int status = std::system(command.c_str());
  const auto answers = std::distance(std::filesystem::directory_iterator(directory), {});
  EXPECT_GT(answers, 1000);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace vtpmfs::simulator
