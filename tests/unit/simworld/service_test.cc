// CryptoManagerKmip, PBM, privileges.
#include "tests/simulator/session/permissions.h"
#include "tests/unit/simworld/machine_order.h"
#include "vsphere/soap/fault_reader.h"

namespace vtpmfs::simulator {
namespace {

class CryptoTest : public MachineTest {
 protected:
  static vim25__ManagedObjectReference manager() {
    return vsphere::reference("CryptoManagerKmip", "CryptoManager");
  }
  std::string reason(const std::string& provider, const std::string& key) {
    _vim25__QueryCryptoKeyStatus request;
    request._USCOREthis = manager();
    request.keyIds.push_back(SpecBuilder::key_id(provider, key));
    request.checkKeyBitMap = 1;
    const auto response = client.call<_vim25__QueryCryptoKeyStatusResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    const auto& status = (*response)->returnval.front();
    if (status.keyAvailable.value_or(false)) return "available";
    return status.reason.value_or("?");
  }
};

TEST_F(CryptoTest, ListsProvidersOfAllKinds) {
  _vim25__ListKmsClusters request;
  request._USCOREthis = manager();
  request.includeKmsServers = true;
  const auto response = client.call<_vim25__ListKmsClustersResponse>(request);
  ASSERT_TRUE(response) << response.error().words;
  const auto& list = (*response)->returnval;
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].clusterId.id, "KMS");
  EXPECT_TRUE(list[0].useAsDefault);
  EXPECT_EQ(list[0].servers.size(), 1U);
  EXPECT_EQ(list[1].managementType, "nativeProvider");
  EXPECT_EQ(list[1].hasBackup, true);
  EXPECT_TRUE(list[1].keyId);
  EXPECT_EQ(list[2].managementType, "trustAuthority");
  request.managementTypeFilter = 8;
  EXPECT_EQ((*client.call<_vim25__ListKmsClustersResponse>(request))->returnval.size(), 1U);
}

TEST_F(CryptoTest, OlderListsHaveStandardProvidersOnly) {
  set("list-kms-clusters", "missing");
  _vim25__ListKmsClusters newer;
  newer._USCOREthis = manager();
  EXPECT_EQ(fault_type(client.call<_vim25__ListKmsClustersResponse>(newer)), "MethodNotFound");
  _vim25__ListKmipServers older;
  older._USCOREthis = manager();
  EXPECT_EQ((*client.call<_vim25__ListKmipServersResponse>(older))->returnval.size(), 1U);
  set("list-kmip-servers", "missing");
  EXPECT_EQ(fault_type(client.call<_vim25__ListKmipServersResponse>(older)), "MethodNotFound");
  const auto property = read({"CryptoManagerKmip", "CryptoManager"}, "kmipServers");
  const auto* array = vsphere::value_as<vim25__ArrayOfKmipClusterInfo>(value_in(property));
  ASSERT_NE(array, nullptr);
  EXPECT_EQ(array->KmipClusterInfo.size(), 1U);
}

TEST_F(CryptoTest, SaysWhyAKeyCannotBeHad) {
  const std::string key = vm("win00001").at("key_id");
  EXPECT_EQ(reason("KMS", key), "available");
  EXPECT_EQ(reason("KMS", "none"), "KeyStateMissingInKMS");
  EXPECT_EQ(reason("none", key), "KeyStateClusterInvalid");
  EXPECT_EQ(reason("NKP1", vm("native-key").at("key_id")), "KeyStateManagedByNKP");
  EXPECT_EQ(reason("TrustedKP", key), "KeyStateManagedByTrustAuthority");
  verb("set-key-active", {{"provider", "KMS"}, {"key", key}, {"active", false}});
  EXPECT_EQ(reason("KMS", key), "KeyStateNotActiveOrEnabled");
  verb("set-provider", {{"name", "KMS"}, {"reachable", false}});
  EXPECT_EQ(reason("KMS", key), "KeyStateClusterUnreachable");
}

TEST_F(CryptoTest, KnowsDefaultsAndGeneratesKeys) {
  _vim25__GetDefaultKmsCluster which;
  which._USCOREthis = manager();
  const auto named = client.call<_vim25__GetDefaultKmsClusterResponse>(which);
  ASSERT_TRUE(named && (*named)->returnval);
  EXPECT_EQ((*named)->returnval->id, "KMS");
  verb("default-provider", {{"name", ""}});
  EXPECT_FALSE((*client.call<_vim25__GetDefaultKmsClusterResponse>(which))->returnval);
  _vim25__GenerateKey generate;
  generate._USCOREthis = manager();
  generate.keyProvider.emplace().id = "KMS";
  const auto made = client.call<_vim25__GenerateKeyResponse>(generate);
  ASSERT_TRUE(made);
  EXPECT_TRUE((*made)->returnval->success);
  EXPECT_EQ(reason("KMS", (*made)->returnval->keyId.keyId), "available");
  generate.keyProvider->id = "none";
  EXPECT_FALSE((*client.call<_vim25__GenerateKeyResponse>(generate))->returnval->success);
  _vim25__IsKmsClusterActive active;
  active._USCOREthis = manager();
  active.cluster.emplace().id = "KMS";
  EXPECT_TRUE(*(*client.call<_vim25__IsKmsClusterActiveResponse>(active))->returnval);
  active.cluster->id = "none";
  EXPECT_EQ(fault_type(client.call<_vim25__IsKmsClusterActiveResponse>(active)), "InvalidArgument");
}

class PolicyTest : public MachineTest {
 protected:
  static vim25__ManagedObjectReference manager() {
    return vsphere::reference("PbmProfileProfileManager", "ProfileManager");
  }
  std::vector<std::string> query(const std::string& category) {
    _pbm__PbmQueryProfile request;
    request._USCOREthis = manager();
    request.resourceType.resourceType = "STORAGE";
    request.profileCategory = category;
    const auto response = policy_call<_pbm__PbmQueryProfileResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    std::vector<std::string> ids;
    for (const auto& id : (*response)->returnval) ids.push_back(id.uniqueId);
    return ids;
  }
  Result<vsphere::Message<_pbm__PbmRetrieveContentResponse>> content(
      const std::vector<std::string>& ids) {
    _pbm__PbmRetrieveContent request;
    request._USCOREthis = manager();
    for (const auto& id : ids) request.profileIds.emplace_back().uniqueId = id;
    return policy_call<_pbm__PbmRetrieveContentResponse>(request);
  }
};

TEST_F(PolicyTest, TheSoapHeaderWantsTheCookieWithoutItsQuotes) {
  _pbm__PbmQueryProfile request;
  request._USCOREthis = manager();
  request.resourceType.resourceType = "STORAGE";
  vsphere::MessageHeaders headers;
  headers.session_cookie = "\"" + cookie() + "\"";
  const auto answer =
      client.post(*vsphere::write_message(headers, request), "/pbm", "urn:pbm/8.0.3.0");
  EXPECT_EQ(fault_type(vsphere::read_message<_pbm__PbmQueryProfileResponse>(answer.body)),
            "NotAuthenticated");
}

TEST_F(PolicyTest, EveryVersionThatIsNotNewerIsTaken) {
  _pbm__PbmQueryProfile request;
  request._USCOREthis = manager();
  request.resourceType.resourceType = "STORAGE";
  vsphere::MessageHeaders headers;
  headers.session_cookie = cookie();
  const std::string message = *vsphere::write_message(headers, request);
  for (const char* version : {"8.0.0.0", "2.0", "6.5"}) {
    EXPECT_EQ(client.post(message, "/pbm", std::string("urn:pbm/") + version).status, 200)
        << version;
  }
  for (const char* version : {"9.0.0.0", "x", ""}) {
    EXPECT_EQ(client.post(message, "/pbm", std::string("urn:pbm/") + version).status, 500)
        << version;
  }
}

TEST_F(PolicyTest, AServiceThatIsDownSpeaksNoSoap) {
  set("pbm", "unavailable");
  EXPECT_EQ(client.post("not SOAP", "/pbm", "urn:pbm/8.0.3.0").status, 503);
  EXPECT_EQ(client.send("GET", "/pbm/pbmServiceVersions.xml").status, 503);
}

TEST_F(PolicyTest, VendorsCanDoWithoutEncryption) {
  const auto vendors = [&] {
    _pbm__PbmFetchVendorInfo request;
    request._USCOREthis = manager();
    std::string names;
    const auto response = policy_call<_pbm__PbmFetchVendorInfoResponse>(request);
    EXPECT_TRUE(response) << response.error().words;
    for (const auto& each : (*response)->returnval.at(0).vendorNamespaceInfo) {
      names += each.namespaceInfo.namespace_ + " ";
    }
    return names;
  };
  EXPECT_EQ(vendors(), "VSAN vmwarevmcrypt ");
  set("pbm-fetch-vendor-info", "without-vmcrypt");
  EXPECT_EQ(vendors(), "VSAN ");
}

TEST_F(PolicyTest, TheSessionComesInTheSoapHeader) {
  _pbm__PbmQueryProfile request;
  request._USCOREthis = manager();
  request.resourceType.resourceType = "STORAGE";
  EXPECT_TRUE(policy_call<_pbm__PbmQueryProfileResponse>(request));
  EXPECT_EQ(fault_type(policy_call<_pbm__PbmQueryProfileResponse>(request, false)),
            "NotAuthenticated");
}

TEST_F(PolicyTest, EncryptionPoliciesComeInTwoForms) {
  const auto ids = query("REQUIREMENT");
  EXPECT_NE(std::find(ids.begin(), ids.end(), built_in_policy), ids.end());
  const auto response = content({built_in_policy, "ad5a249d-cbc2-43af-9366-694d7664fa52"});
  ASSERT_TRUE(response) << response.error().words;
  const auto* indirect =
      dynamic_cast<const pbm__PbmCapabilityProfile*>((*response)->returnval.at(0));
  ASSERT_NE(indirect, nullptr);
  const auto* rules =
      dynamic_cast<const pbm__PbmCapabilitySubProfileConstraints*>(indirect->constraints);
  ASSERT_NE(rules, nullptr);
  EXPECT_EQ(rules->subProfiles.at(0).capability.at(0).id.namespace_,
            "com.vmware.storageprofile.dataservice");
  const auto* component =
      dynamic_cast<const pbm__PbmCapabilityProfile*>((*response)->returnval.at(1));
  EXPECT_EQ(component->lineOfService, "ENCRYPTION");
  const auto count = [&](const char* form) {
    set("encryption-policies", form);
    return query("REQUIREMENT").size() * 10 + query("DATA_SERVICE_POLICY").size();
  };
  EXPECT_EQ(count("both"), 41U);
  EXPECT_EQ(count("indirect"), 31U);
  EXPECT_EQ(count("direct"), 30U);
  EXPECT_EQ(count("dangling"), 30U);
  EXPECT_EQ(count("none"), 20U);
}

TEST_F(PolicyTest, SaysOfEachMachineWhichPolicyItHas) {
  _pbm__PbmQueryAssociatedProfiles request;
  request._USCOREthis = manager();
  const std::string encrypted = vm("win00001").at("id");
  const std::string plain = vm("not-encrypted").at("id");
  for (const auto& [type, key] :
       {std::pair("virtualMachine", encrypted), std::pair("virtualMachine", plain),
        std::pair("virtualMachine", std::string("vm-none")),
        std::pair("virtualDiskId", encrypted + ":2000")}) {
    auto& entity = request.entities.emplace_back();
    entity.objectType = type;
    entity.key = key;
  }
  const auto answer = policy_call<_pbm__PbmQueryAssociatedProfilesResponse>(request);
  ASSERT_TRUE(answer) << answer.error().words;
  const auto& results = (*answer)->returnval;
  ASSERT_EQ(results.size(), 4U);
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].object.key, request.entities[i].key);
    EXPECT_EQ(results[i].profileId.size(), i == 0 ? 1U : 0U) << i;
    EXPECT_EQ(results[i].fault.has_value(), i == 2) << i;
  }
  EXPECT_EQ(results[0].profileId.front().uniqueId, built_in_policy);
  EXPECT_EQ(vsphere::fault_of(*results[2].fault).type, "ManagedObjectNotFound");
  request.entities.back().objectType = "VirtualMachine";  // a MoRef's word, not PBM's
  EXPECT_EQ(fault_type(policy_call<_pbm__PbmQueryAssociatedProfilesResponse>(request)),
            "InvalidArgument");
}

TEST_F(PolicyTest, OneUnknownIdSpoilsTheCall) {
  EXPECT_EQ(fault_type(content({built_in_policy, "none"})), "InvalidArgument");
}

TEST_F(PolicyTest, PoliciesAreMadeOnceAndCanBeUsed) {
  set("encryption-policies", "none");
  vsphere::Arena arena;
  _pbm__PbmCreate request;
  request._USCOREthis = manager();
  auto& spec = request.createSpec;
  spec.name = "vtpmfs encryption";
  spec.category = "REQUIREMENT";
  spec.resourceType.resourceType = "STORAGE";
  auto* rules = arena.make<pbm__PbmCapabilitySubProfileConstraints>();
  auto& profile = rules->subProfiles.emplace_back();
  profile.name = "sp-1";
  auto& capability = profile.capability.emplace_back();
  capability.id.namespace_ = "com.vmware.storageprofile.dataservice";
  capability.id.id = "ad5a249d-cbc2-43af-9366-694d7664fa52";
  auto& property = capability.constraint.emplace_back().propertyInstance.emplace_back();
  property.id = capability.id.id;
  property.value = arena.text(capability.id.id);
  spec.constraints = rules;
  const auto made = policy_call<_pbm__PbmCreateResponse>(request);
  ASSERT_TRUE(made) << made.error().words;
  const std::string id = (*made)->returnval->uniqueId;
  EXPECT_EQ(fault_type(policy_call<_pbm__PbmCreateResponse>(request)), "PbmDuplicateName");
  SpecBuilder order;
  order.ordinary("with-policy").policy(id).encrypt("KMS", vm("win00001").at("key_id"));
  const TaskEnd end = create(order);
  ASSERT_EQ(end.state, "success") << end.fault;
  _pbm__PbmQueryAssociatedProfile associated;
  associated._USCOREthis = manager();
  associated.entity.objectType = "virtualMachine";
  associated.entity.key = end.result.id;
  const auto profiles = policy_call<_pbm__PbmQueryAssociatedProfileResponse>(associated);
  ASSERT_TRUE(profiles);
  ASSERT_EQ((*profiles)->returnval.size(), 1U);
  EXPECT_EQ((*profiles)->returnval.front().uniqueId, id);
}

TEST_F(PolicyTest, TheServiceMayBeDownOrOld) {
  _pbm__PbmFetchVendorInfo request;
  request._USCOREthis = manager();
  const auto vendors = policy_call<_pbm__PbmFetchVendorInfoResponse>(request);
  ASSERT_TRUE(vendors) << vendors.error().words;
  EXPECT_EQ((*vendors)->returnval.front().vendorNamespaceInfo.back().namespaceInfo.namespace_,
            "vmwarevmcrypt");
  set("pbm-fetch-vendor-info", "missing");
  EXPECT_EQ(fault_type(policy_call<_pbm__PbmFetchVendorInfoResponse>(request)), "MethodNotFound");
  set("pbm", "unavailable");
  const auto down = policy_call<_pbm__PbmFetchVendorInfoResponse>(request);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().words, "HTTP status 503");
}

/// Each privilege, taken away alone from an account that may do all else.
class PrivilegeTest : public MachineTest {
 protected:
  void become(const std::string& user, std::set<std::string, std::less<>> privileges) {
    simulator.permissions().add_user(user, "secret");
    for (const char* basic : {"System.Anonymous", "System.View", "System.Read"}) {
      privileges.insert(basic);
    }
    Role role;
    role.name = user;
    role.privileges = std::move(privileges);
    simulator.permissions().add_role(role);
    {
      const auto lock = simulator.inventory().write();
      ASSERT_TRUE(simulator.permissions().grant(user, simulator.inventory().root(), user));
    }
    client.forget_cookies();
    ASSERT_TRUE(client.login(user, "secret"));
  }
};

TEST_F(PrivilegeTest, CreatingTakesAllOfThem) {
  const std::set<std::string, std::less<>> all = {"VirtualMachine.Inventory.Create",
                                                  "VirtualMachine.Config.AddRemoveDevice",
                                                  "VirtualMachine.Config.AdvancedConfig",
                                                  "VirtualMachine.Config.AddNewDisk",
                                                  "Cryptographer.EncryptNew",
                                                  "Resource.AssignVMToPool",
                                                  "Datastore.AllocateSpace",
                                                  "StorageProfile.View"};
  const std::string key = vm("win00001").at("key_id");
  int number = 0;
  for (const std::string& lacking : all) {
    auto privileges = all;
    privileges.erase(lacking);
    become("user" + std::to_string(++number), privileges);
    SpecBuilder order;
    order.ordinary("mine").tpm().disk().extra("a", "b").policy(built_in_policy).encrypt("KMS", key);
    const TaskEnd end = create(order);
    EXPECT_EQ(end.fault, "NoPermission") << lacking;
    EXPECT_EQ(end.reason, lacking);
  }
  become("able", all);
  SpecBuilder order;
  order.ordinary("mine").tpm().disk().extra("a", "b").policy(built_in_policy).encrypt("KMS", key);
  EXPECT_EQ(create(order).state, "success");
}

TEST_F(PrivilegeTest, NetworksByNameWantTheirPrivilegeToo) {
  const std::set<std::string, std::less<>> most = {
      "VirtualMachine.Inventory.Create", "VirtualMachine.Config.AddRemoveDevice",
      "Resource.AssignVMToPool", "Datastore.AllocateSpace"};
  SpecBuilder order;
  order.ordinary("mine").card("VM Network");
  become("most", most);
  EXPECT_EQ(create(order).reason, "Network.Assign");
  auto all = most;
  all.insert("Network.Assign");
  become("able", all);
  EXPECT_EQ(create(order).state, "success");
}

TEST_F(PrivilegeTest, AHostThatIsNotInEncryptionModeWantsOneMore) {
  const std::set<std::string, std::less<>> most = {
      "VirtualMachine.Inventory.Create", "VirtualMachine.Config.AddRemoveDevice",
      "Cryptographer.EncryptNew", "Resource.AssignVMToPool", "Datastore.AllocateSpace"};
  SpecBuilder order;
  order.ordinary("mine").tpm();
  const std::string cluster = "DC1/host/Cluster1";
  const auto hosts = read(at(cluster), "host");
  const auto names = [&] {
    std::vector<std::string> paths;
    for (const Ref& host : refs_in(value_in(hosts))) {
      paths.push_back(cluster + "/" + text(host, "name").value_or(""));
    }
    return paths;
  }();
  ASSERT_FALSE(names.empty());
  for (const auto& path : names) verb("set-host", {{"host", path}, {"crypto_state", "prepared"}});
  become("most", most);
  EXPECT_EQ(create(order).reason, "Cryptographer.RegisterHost");
  verb("set-host", {{"host", names.front()}, {"crypto_state", "safe"}});
  EXPECT_EQ(create(order).state, "success");
}

TEST_F(PrivilegeTest, ReadersChangeNothing) {
  const Ref ref = vm_ref("win00001");
  become("reader", {});
  EXPECT_EQ(destroy(ref).reason, "VirtualMachine.Inventory.Delete");
  EXPECT_EQ(power_on(ref).reason, "VirtualMachine.Interact.PowerOn");
  SpecBuilder note;
  note.spec.annotation = "x";
  EXPECT_EQ(reconfigure(ref, note).reason, "VirtualMachine.Config.Annotation");
  _vim25__ListKmsClusters list;
  list._USCOREthis = vsphere::reference("CryptoManagerKmip", "CryptoManager");
  EXPECT_EQ(fault_type(client.call<_vim25__ListKmsClustersResponse>(list)), "NoPermission");
  EXPECT_NE(value_in(read({"CryptoManagerKmip", "CryptoManager"}, "kmipServers")), nullptr);
  _vim25__CreateFolder folder;
  folder._USCOREthis = wire(at("DC1/vm"));
  folder.name = "x";
  EXPECT_EQ(fault_type(client.call<_vim25__CreateFolderResponse>(folder)), "NoPermission");
}

}  // namespace
}  // namespace vtpmfs::simulator
