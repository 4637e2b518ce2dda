#include "vsphere/policy/policy_service.h"

#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kPbm = "urn:pbm";

std::string pbm_response(const std::string& operation, const std::string& content) {
  return response(operation, content, kPbm);
}

std::string profile(const std::string& id, const std::string& name, const std::string& name_space,
                    const std::string& capability, const std::string& line_of_service = "") {
  const std::string line =
      line_of_service.empty() ? "" : "<lineOfService>" + line_of_service + "</lineOfService>";
  return "<returnval xmlns:pbm=\"urn:pbm\" xsi:type=\"pbm:PbmCapabilityProfile\"><profileId>"
         "<uniqueId>" +
         id + "</uniqueId></profileId><name>" + name +
         "</name><creationTime>2024-01-02T03:04:05Z</creationTime><createdBy>x</createdBy>"
         "<lastUpdatedTime>2024-01-02T03:04:05Z</lastUpdatedTime><lastUpdatedBy>x</lastUpdatedBy>"
         "<profileCategory>REQUIREMENT</profileCategory><resourceType><resourceType>STORAGE</"
         "resourceType></resourceType><constraints "
         "xsi:type=\"pbm:PbmCapabilitySubProfileConstraints\"><subProfiles><name>sp-1</name>"
         "<capability><id><namespace>" +
         name_space + "</namespace><id>" + capability +
         "</id></id><constraint><propertyInstance><id>x</id><value "
         "xsi:type=\"xsd:string\">x</value>"
         "</propertyInstance></constraint></capability></subProfiles></constraints>"
         "<isDefault>false</isDefault>" +
         line + "</returnval>";
}

class PolicyServiceTest : public ::testing::Test {
 protected:
  PolicyServiceTest() { caller.on("PbmRetrieveServiceContent", {service_content()}); }

  static std::string service_content() {
    std::string content =
        "<returnval><aboutInfo><name>PBM</name><version>2.0</version><instanceUuid>u</instanceUuid>"
        "</aboutInfo>";
    for (const std::string name : {"sessionManager", "capabilityMetadataManager", "profileManager",
                                   "complianceManager", "placementSolver"}) {
      content += "<" + name + " type=\"T\">" + name + "</" + name + ">";
    }
    return pbm_response("PbmRetrieveServiceContent", content + "</returnval>");
  }

  /// PbmRetrieveContent over these profiles: the whole call fails for one unknown id.
  void serve(std::map<std::string, std::string> profiles) {
    std::string ids;
    for (const auto& [id, text] : profiles) {
      if (text.find(">REQUIREMENT<") != std::string::npos && id.rfind("c-", 0) != 0) {
        ids += "<returnval><uniqueId>" + id + "</uniqueId></returnval>";
      }
    }
    ids += listed_but_unknown;
    caller.on("PbmQueryProfile", {pbm_response("PbmQueryProfile", ids)});
    caller.on("PbmRetrieveContent", [profiles](const std::string& request) {
      std::string found;
      for (size_t at = request.find("uniqueId>"); at != std::string::npos;
           at = request.find("uniqueId>", at + 1)) {
        const size_t end = request.find('<', at);
        const std::string id = request.substr(at + 9, end - at - 9);
        if (id.empty() || request[end + 1] != '/') continue;
        const auto profile = profiles.find(id);
        if (profile == profiles.end()) {
          return Result<std::string>(
              soap_fault("InvalidArgument", "<invalidProperty>profileIds</invalidProperty>"));
        }
        found += profile->second;
      }
      return Result<std::string>(pbm_response("PbmRetrieveContent", found));
    });
  }

  /// PbmQueryAssociatedProfiles: `associated` by the key of a VM, and nothing for others.
  void serve_associated() {
    caller.on("PbmQueryAssociatedProfiles", [this](const std::string& request) {
      std::string results;
      for (const std::string& key : keys_in(request)) {
        if (key == poison) {
          return Result<std::string>(
              soap_fault("InvalidArgument", "<invalidProperty>entities</invalidProperty>"));
        }
        const auto policy = associated.find(key);
        results += "<returnval><object><objectType>virtualMachine</objectType><key>" + key +
                   "</key></object>" + (policy == associated.end() ? "" : policy->second) +
                   "</returnval>";
      }
      return Result<std::string>(pbm_response("PbmQueryAssociatedProfiles", results));
    });
  }
  static std::vector<std::string> keys_in(const std::string& request) {
    std::vector<std::string> keys;
    const std::string tag = "<pbm:key>";
    for (size_t at = request.find(tag); at != std::string::npos; at = request.find(tag, at)) {
      const size_t end = request.find('<', at += tag.size());
      keys.push_back(request.substr(at, end - at));
    }
    return keys;
  }
  static std::vector<MoRef> vms(int count) {
    std::vector<MoRef> made;
    for (int i = 1; i <= count; ++i) made.push_back({"VirtualMachine", "vm-" + std::to_string(i)});
    return made;
  }

  FakeSoapCaller caller;
  PolicyService policies{caller};
  std::map<std::string, std::string> associated;
  std::string poison;
  std::string listed_but_unknown;
};

const std::string kDirect =
    profile("p-direct", "Direct", "vmwarevmcrypt", "vmwarevmcrypt@ENCRYPTION");
const std::string kOther = profile("p-other", "vSAN", "VSAN", "hostFailuresToTolerate");
const std::string kBuiltIn =
    profile(std::string(kBuiltInPolicy), "VM Encryption Policy", std::string(kDataServiceNamespace),
            std::string(kDefaultEncryptionComponent));
const std::string kIndirect =
    profile("p-indirect", "Indirect", std::string(kDataServiceNamespace), "c-1");
const std::string kByLine = profile("p-line", "By line", std::string(kDataServiceNamespace), "c-2");
const std::string kCaching =
    profile("p-caching", "Caching", std::string(kDataServiceNamespace), "c-3");
const std::string kComponent1 = profile("c-1", "C1", "vmwarevmcrypt", "vmwarevmcrypt@ENCRYPTION");
const std::string kComponent2 = profile("c-2", "C2", "other", "other", "ENCRYPTION");
const std::string kComponent3 = profile("c-3", "C3", "other", "other", "CACHING");

std::vector<std::string> ids_of(const std::vector<StoragePolicy>& policies) {
  std::vector<std::string> ids;
  for (const auto& policy : policies) ids.push_back(policy.id);
  return ids;
}

TEST_F(PolicyServiceTest, FindsBothFormsAndPrefersTheBuiltIn) {
  serve({{"p-direct", kDirect},
         {"p-other", kOther},
         {std::string(kBuiltInPolicy), kBuiltIn},
         {"p-indirect", kIndirect},
         {"p-line", kByLine},
         {"p-caching", kCaching},
         {"c-1", kComponent1},
         {"c-2", kComponent2},
         {"c-3", kComponent3}});
  const auto found = policies.encryption_policies({});
  ASSERT_TRUE(found) << found.error().words;
  EXPECT_THAT(ids_of(*found),
              ElementsAre(std::string(kBuiltInPolicy), "p-line", "p-direct", "p-indirect"));
  EXPECT_TRUE(found->front().built_in);
  EXPECT_EQ(found->front().name, "VM Encryption Policy");
  EXPECT_FALSE(found->back().built_in);
  EXPECT_EQ(caller.count("PbmRetrieveContent"), 2U);
}

TEST_F(PolicyServiceTest, TheDefaultComponentNeedNotBeThere) {
  serve({{std::string(kBuiltInPolicy), kBuiltIn}});
  const auto found = policies.encryption_policies({});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1U);
  EXPECT_EQ(caller.count("PbmRetrieveContent"), 1U);
}

TEST_F(PolicyServiceTest, ReadsOneByOneWhereOneIsUnknown) {
  listed_but_unknown = "<returnval><uniqueId>p-gone</uniqueId></returnval>";
  serve({{"p-direct", kDirect},
         {"p-indirect", kIndirect},
         {"p-line", kByLine},
         {"c-2", kComponent2}});
  const auto found = policies.encryption_policies({});
  ASSERT_TRUE(found) << found.error().words;
  EXPECT_THAT(ids_of(*found), ElementsAre("p-line", "p-direct"));
}

TEST_F(PolicyServiceTest, APolicyThatDoesNotEncryptIsThereAllTheSame) {
  serve({{"p-other", kOther}, {"p-direct", kDirect}});
  for (const char* there : {"p-other", "vSAN", "Direct"}) {
    const auto found = policies.has_policy(there, {});
    ASSERT_TRUE(found) << found.error().words;
    EXPECT_TRUE(*found) << there;
  }
  EXPECT_FALSE(*policies.has_policy("gone", {}));
  caller.on("PbmQueryProfile", {soap_fault("NoPermission")});
  EXPECT_FALSE(policies.has_policy("vSAN", {}));
}

TEST_F(PolicyServiceTest, NoneIsAnAnswerAndAFaultIsNot) {
  serve({{"p-other", kOther}});
  const auto none = policies.encryption_policies({});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  caller.on("PbmQueryProfile", {soap_fault("NoPermission")});
  const auto denied = policies.encryption_policies({});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code.value(), EACCES);
}

TEST_F(PolicyServiceTest, PoliciesOfManyVmsAreOneCall) {
  for (const char* id : {"vm-1", "vm-2"}) {
    associated[id] = std::string("<profileId><uniqueId>p-of-") + id + "</uniqueId></profileId>";
  }
  associated["vm-4"] =
      "<fault><fault xmlns=\"urn:vim25\" xsi:type=\"ManagedObjectNotFound\"><obj "
      "type=\"VirtualMachine\">vm-4</obj></fault><localizedMessage "
      "xmlns=\"urn:vim25\"></localizedMessage></fault>";
  serve_associated();
  const auto found = policies.policies_of(vms(250), {});
  ASSERT_TRUE(found) << found.error().words;
  EXPECT_THAT(*found,
              ElementsAre(std::pair(MoRef{"VirtualMachine", "vm-1"}, std::string("p-of-vm-1")),
                          std::pair(MoRef{"VirtualMachine", "vm-2"}, std::string("p-of-vm-2"))));
  EXPECT_EQ(caller.count("PbmQueryAssociatedProfiles"), 1U);
  ASSERT_TRUE(policies.policies_of({}, {}));
  EXPECT_EQ(caller.count("PbmQueryAssociatedProfiles"), 1U);
}

TEST_F(PolicyServiceTest, WhereOneVmSpoilsTheCallTheOthersAreAnsweredAllTheSame) {
  for (int i = 1; i <= 250; ++i) {
    associated["vm-" + std::to_string(i)] = "<profileId><uniqueId>p</uniqueId></profileId>";
  }
  poison = "vm-77";
  serve_associated();
  const auto found = policies.policies_of(vms(250), {});
  ASSERT_TRUE(found) << found.error().words;
  EXPECT_EQ(found->size(), 249U);
  EXPECT_EQ(found->count({"VirtualMachine", "vm-77"}), 0U);
  EXPECT_LE(caller.count("PbmQueryAssociatedProfiles"), 20U);
}

TEST_F(PolicyServiceTest, AServerThatRefusesEveryVmIsNotAskedForEach) {
  caller.on("PbmQueryAssociatedProfiles", {soap_fault("InvalidArgument")});
  const auto found = policies.policies_of(vms(250), {});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  EXPECT_LE(caller.count("PbmQueryAssociatedProfiles"), 40U);
}

TEST_F(PolicyServiceTest, WhatIsNoAnswerAboutAVmFailsTheCall) {
  caller.on("PbmQueryAssociatedProfiles", {soap_fault("NoPermission")});
  const auto denied = policies.policies_of(vms(250), {});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code.value(), EACCES);
  EXPECT_EQ(caller.count("PbmQueryAssociatedProfiles"), 1U);
}

TEST_F(PolicyServiceTest, NamesOfPoliciesById) {
  serve({{"p-direct", kDirect}, {"p-other", kOther}});
  const auto names = policies.policy_names({"p-direct", "p-gone", "p-other"}, {});
  ASSERT_TRUE(names) << names.error().words;
  EXPECT_THAT(*names, ElementsAre(std::pair(std::string("p-direct"), std::string("Direct")),
                                  std::pair(std::string("p-other"), std::string("vSAN"))));
}

TEST_F(PolicyServiceTest, TheProfileManagerIsAskedForOnce) {
  serve({{"p-direct", kDirect}});
  caller.on("PbmRetrieveServiceContent",
            [answers = 0, good = service_content()](const std::string&) mutable {
              if (answers++ == 0) return Result<std::string>(fail(EHOSTUNREACH, "503"));
              return Result<std::string>(good);
            });
  EXPECT_FALSE(policies.encryption_policies({}));  // nothing to keep of that
  ASSERT_TRUE(policies.encryption_policies({}));
  ASSERT_TRUE(policies.policy_names({"p-direct"}, {}));
  EXPECT_EQ(caller.count("PbmRetrieveServiceContent"), 2U);
}

TEST_F(PolicyServiceTest, VendorInfo) {
  const auto unknown = policies.knows_vm_encryption({});  // MethodNotFound
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(*unknown);
  const std::string description =
      "<label>l</label><summary>s</summary><key>k</key><messageCatalogKeyPrefix>p</"
      "messageCatalogKeyPrefix>";
  const auto vendor = [&](const std::string& name_space) {
    return pbm_response(
        "PbmFetchVendorInfo",
        "<returnval><resourceType>STORAGE</resourceType><vendorNamespaceInfo><vendorInfo>"
        "<vendorUuid>v</vendorUuid><info>" +
            description + "</info></vendorInfo><namespaceInfo><version>1</version><namespace>" +
            name_space + "</namespace></namespaceInfo></vendorNamespaceInfo></returnval>");
  };
  caller.on("PbmFetchVendorInfo", {vendor("vmwarevmcrypt"), vendor("VSAN")});
  EXPECT_EQ(policies.knows_vm_encryption({}).value(), true);
  EXPECT_EQ(policies.knows_vm_encryption({}).value(), false);
}

TEST_F(PolicyServiceTest, MakesAPolicyThatRefersToTheDefaultComponent) {
  caller.on("PbmCreate",
            {pbm_response("PbmCreate", "<returnval><uniqueId>new</uniqueId></returnval>")});
  const auto made = policies.create_encryption_policy("vtpmfs encryption", {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->id, "new");
  ASSERT_EQ(caller.count("PbmCreate"), 1U);
  EXPECT_THAT(caller.requests("PbmCreate")[0], HasSubstr("PbmCapabilitySubProfileConstraints"));
  EXPECT_THAT(caller.requests("PbmCreate")[0], HasSubstr(std::string(kDefaultEncryptionComponent)));
}

TEST_F(PolicyServiceTest, MakesItsOwnComponentWhereThatIsMissing) {
  caller.on("PbmCreate",
            {soap_fault("InvalidArgument"),
             pbm_response("PbmCreate", "<returnval><uniqueId>c-new</uniqueId></returnval>"),
             pbm_response("PbmCreate", "<returnval><uniqueId>p-new</uniqueId></returnval>")});
  const auto made = policies.create_encryption_policy("vtpmfs encryption", {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->id, "p-new");
  ASSERT_EQ(caller.count("PbmCreate"), 3U);
  EXPECT_THAT(caller.requests("PbmCreate")[1], HasSubstr("DATA_SERVICE_POLICY"));
  EXPECT_THAT(caller.requests("PbmCreate")[2], HasSubstr("c-new"));
}

TEST_F(PolicyServiceTest, AComponentThatAnEarlierTryLeftIsTaken) {
  caller.on("PbmQueryProfile",
            {pbm_response("PbmQueryProfile",
                          "<returnval><uniqueId>c-other</uniqueId></returnval>"
                          "<returnval><uniqueId>c-left</uniqueId></returnval>")});
  caller.on("PbmRetrieveContent",
            {pbm_response("PbmRetrieveContent",
                          profile("c-other", "another", "vmwarevmcrypt", "vmwarevmcrypt@ENCRYPTION",
                                  "ENCRYPTION") +
                              profile("c-left", "vtpmfs encryption component", "vmwarevmcrypt",
                                      "vmwarevmcrypt@ENCRYPTION", "ENCRYPTION"))});
  caller.on("PbmCreate",
            {soap_fault("InvalidArgument"),
             soap_fault("PbmDuplicateName", "<name>vtpmfs encryption component</name>"),
             pbm_response("PbmCreate", "<returnval><uniqueId>p-new</uniqueId></returnval>")});
  const auto made = policies.create_encryption_policy("vtpmfs encryption", {});
  ASSERT_TRUE(made) << made.error().words;
  EXPECT_EQ(made->id, "p-new");
  EXPECT_THAT(caller.requests("PbmQueryProfile")[0], HasSubstr("DATA_SERVICE_POLICY"));
  EXPECT_THAT(caller.requests("PbmCreate")[2], HasSubstr("c-left"));
}

TEST_F(PolicyServiceTest, ATakenNameIsTold) {
  caller.on("PbmCreate", {soap_fault("PbmDuplicateName", "<name>vtpmfs encryption</name>")});
  const auto made = policies.create_encryption_policy("vtpmfs encryption", {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code.value(), EEXIST);
}

}  // namespace
}  // namespace vtpmfs::vsphere
