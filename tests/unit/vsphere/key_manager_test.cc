#include "vsphere/encryption/key_manager.h"

#include <gmock/gmock.h>

#include "tests/unit/vsphere/fake_soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using Answer = KeyCheck::Answer;
using ::testing::HasSubstr;

const CryptoKeyId kKey{"k1", "KMS"};

std::string provider(const std::string& id, const std::string& management = "",
                     const std::string& element = "returnval") {
  const std::string type =
      management.empty() ? "" : "<managementType>" + management + "</managementType>";
  return "<" + element + "><clusterId><id>" + id + "</id></clusterId><useAsDefault>true</" +
         "useAsDefault>" + type + "</" + element + ">";
}

std::string key_status(const std::string& content) {
  return response("QueryCryptoKeyStatus",
                  "<returnval><keyId><keyId>k1</keyId><providerId><id>KMS</id></providerId>"
                  "</keyId>" +
                      content + "</returnval>");
}

TEST(KeyStatus, TheTable) {
  for (const std::string reason : {"KeyStateMissingInKMS", "KeyStateNotActiveOrEnabled",
                                   "WrappingKeyMissingInKMS", "WrappingKeyNotActiveOrEnabled"}) {
    EXPECT_EQ(judge_key_status(kKey, false, reason).answer, Answer::no) << reason;
    EXPECT_EQ(judge_key_status(kKey, std::nullopt, reason).answer, Answer::no) << reason;
    EXPECT_EQ(judge_key_status(kKey, true, reason).answer, Answer::yes) << reason;
  }
  for (const std::string reason :
       {"KeyStateMissingInCache", "KeyStateClusterUnreachable", "KeyStateManagedByTrustAuthority",
        "KeyStateManagedByNKP", "KeyStateClusterInvalid", "NoPermissionToAccessKeyProvider",
        "SomethingNew", ""}) {
    EXPECT_EQ(judge_key_status(kKey, false, reason).answer, Answer::unknown) << reason;
  }
  EXPECT_EQ(judge_key_status(kKey, std::nullopt, std::nullopt).answer, Answer::unknown);
  EXPECT_EQ(judge_key_status(kKey, true, std::nullopt).answer, Answer::yes);
}

TEST(KeyStatus, TheProviderAlone) {
  KeyProviderList list;
  EXPECT_EQ(judge_provider(kKey, list)->answer, Answer::no);
  list.complete = false;
  EXPECT_EQ(judge_provider(kKey, list)->answer, Answer::unknown);
  list.providers = {{"KMS", "vCenter", {}, {}, {}}};
  EXPECT_FALSE(judge_provider(kKey, list));
  for (const std::string management : {"nativeProvider", "trustAuthority"}) {
    list.providers = {{"KMS", management, {}, {}, {}}};
    EXPECT_EQ(judge_provider(kKey, list)->answer, Answer::unknown);
  }
}

TEST(KeyManager, AsksForTheKeyOfAStandardProvider) {
  FakeSoapCaller caller;
  caller.on("ListKmsClusters", {response("ListKmsClusters", provider("KMS", "vCenter"))});
  caller.on("QueryCryptoKeyStatus",
            {key_status("<keyAvailable>true</keyAvailable>"),
             key_status("<keyAvailable>false</keyAvailable><reason>KeyStateMissingInKMS</reason>"),
             soap_fault("NoPermission"), response("QueryCryptoKeyStatus", "")});
  KeyManager keys(caller);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::yes);
  EXPECT_THAT(caller.requests("QueryCryptoKeyStatus")[0], HasSubstr("checkKeyBitMap>1</"));
  const auto no = keys.check(kKey, {});
  EXPECT_EQ(no.answer, Answer::no);
  EXPECT_THAT(no.words, HasSubstr("does not have the key"));
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::unknown);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::unknown);
}

TEST(KeyManager, AMissingProviderIsNoAndANativeOneUnknownWithoutAsking) {
  FakeSoapCaller caller;
  caller.on(
      "ListKmsClusters",
      {response("ListKmsClusters",
                "<returnval><clusterId><id>NKP1</id></clusterId><useAsDefault>false</"
                "useAsDefault><managementType>nativeProvider</managementType><hasBackup>true"
                "</hasBackup><tpmRequired>false</tpmRequired><keyId>own</keyId></returnval>")});
  KeyManager keys(caller);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::no);
  EXPECT_EQ(keys.check({"k1", "NKP1"}, {}).answer, Answer::unknown);
  EXPECT_EQ(keys.check({"k1", std::nullopt}, {}).answer, Answer::unknown);
  EXPECT_EQ(caller.count("QueryCryptoKeyStatus"), 0U);
  const auto list = keys.providers({});
  ASSERT_TRUE(list && list->providers.size() == 1);
  EXPECT_EQ(list->providers[0].management, "nativeProvider");
  EXPECT_EQ(list->providers[0].has_backup, true);
  EXPECT_EQ(list->providers[0].tpm_required, false);
  EXPECT_EQ(list->providers[0].own_key_id, "own");
}

TEST(KeyManager, WhoHasTheListIsNotAskedForItAgain) {
  FakeSoapCaller caller;
  caller.on("QueryCryptoKeyStatus", {key_status("<keyAvailable>true</keyAvailable>")});
  KeyManager keys(caller);
  EXPECT_EQ(keys.check(kKey, KeyProviderList{{{"KMS", "vCenter", {}, {}, {}}}, true}, {}).answer,
            Answer::yes);
  EXPECT_EQ(keys.check(kKey, KeyProviderList{}, {}).answer, Answer::no);
  EXPECT_EQ(caller.count("ListKmsClusters"), 0U);
}

TEST(KeyManager, LooksForAKeyInProvidersOfOtherNamesByOneQuestion) {
  FakeSoapCaller caller;
  const auto status = [](const std::string& name, const char* available) {
    return "<returnval><keyId><keyId>k1</keyId><providerId><id>" + name +
           "</id></providerId></keyId><keyAvailable>" + available + "</keyAvailable></returnval>";
  };
  caller.on("QueryCryptoKeyStatus",
            {response("QueryCryptoKeyStatus", status("A", "false") + status("B", "true")),
             soap_fault("NoPermission")});
  KeyManager keys(caller);
  const std::vector<KeyProvider> providers{
      {"A", "vCenter", {}, {}, {}}, {"B", "", {}, {}, {}}, {"N", "nativeProvider", {}, {}, {}}};
  EXPECT_EQ(keys.providers_with("k1", providers, {}), std::vector<std::string>{"B"});
  EXPECT_EQ(caller.requests("QueryCryptoKeyStatus")[0].find(">N<"), std::string::npos);
  EXPECT_TRUE(keys.providers_with("k1", providers, {}).empty());  // nobody says
  EXPECT_TRUE(keys.providers_with("k1", {providers[2]}, {}).empty());
  EXPECT_EQ(caller.count("QueryCryptoKeyStatus"), 2U);
}

TEST(KeyManager, OlderServersListKmipServers) {
  FakeSoapCaller caller;  // ListKmsClusters: MethodNotFound
  caller.on("ListKmipServers", {response("ListKmipServers", provider("Other"))});
  KeyManager keys(caller);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::no);
  EXPECT_EQ(keys.check({"k1", "Other"}, {}).answer, Answer::unknown);  // no QueryCryptoKeyStatus
}

TEST(KeyManager, WithoutThePrivilegeThePropertyIsLeftAndProvesNothing) {
  FakeSoapCaller caller;
  caller.on("ListKmsClusters", {soap_fault("NoPermission")});
  caller.on("QueryCryptoKeyStatus", {soap_fault("NoPermission")});
  caller.on("RetrievePropertiesEx",
            {retrieved(object("CryptoManagerKmip", "CryptoManager",
                              property("kmipServers", "ArrayOfKmipClusterInfo",
                                       provider("KMS", "vCenter", "KmipClusterInfo"))))});
  KeyManager keys(caller);
  const auto list = keys.providers({});
  ASSERT_TRUE(list);
  EXPECT_FALSE(list->complete);
  ASSERT_EQ(list->providers.size(), 1U);
  EXPECT_EQ(keys.check({"k1", "NKP1"}, {}).answer, Answer::unknown);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::unknown);
  EXPECT_EQ(caller.count("ListKmipServers"), 0U);
}

TEST(KeyManager, NothingReadableIsAnErrorOfTheListAndAnUnknownKey) {
  FakeSoapCaller caller;
  caller.on("ListKmsClusters", {soap_fault("NoPermission")});
  caller.on("RetrievePropertiesEx", {retrieved(object("CryptoManagerKmip", "CryptoManager",
                                                      missing("kmipServers", "NoPermission")))});
  KeyManager keys(caller);
  const auto list = keys.providers({});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code.value(), EACCES);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::unknown);
}

TEST(KeyManager, AServerAwayIsUnknown) {
  FakeSoapCaller caller;
  caller.on("ListKmsClusters",
            [](const std::string&) { return Result<std::string>(fail(EHOSTUNREACH, "away")); });
  KeyManager keys(caller);
  EXPECT_EQ(keys.check(kKey, {}).answer, Answer::unknown);
  EXPECT_EQ(caller.count("ListKmsClusters"), 1U);
}

}  // namespace
}  // namespace vtpmfs::vsphere
