// From a fault to an errno, a sentence and the decision whether another form of the vTPM may do.
#include "fs/restore/job/explain.h"

#include "tests/unit/restore/restore_fixture.h"

namespace vtpmfs::fs {
namespace {

using testing::HasSubstr;
using vsphere::Fault;

Fault of_type(const std::string& type) {
  Fault fault;
  fault.type = type;
  return fault;
}
Fault with_key(const std::string& key) {
  Fault fault = of_type("GenericVmConfigFault");
  fault.messages = {{key, "text"}};
  return fault;
}
bool tpm(const Fault& fault) {
  return is_about_the_tpm(made::fault_error(fault));
}

TEST(IsAboutTheTpm, CertificatesAndTheDevice) {
  EXPECT_TRUE(is_about_the_tpm(tpm_fault()));
  EXPECT_TRUE(tpm(with_key("msg.vtpm.add.badCertificate")));
  Fault device = of_type("DeviceNotSupported");
  device.device = "VirtualTPM";
  EXPECT_TRUE(tpm(device));
  Fault reason = of_type("GenericVmConfigFault");
  reason.reason = "bad endorsementKeyCertificate";
  EXPECT_TRUE(tpm(reason));
  Fault outer = of_type("GenericVmConfigFault");
  outer.cause = std::make_shared<Fault>(*tpm_fault().fault);
  EXPECT_TRUE(tpm(outer));
}

/// Said by hosts that add the vTPM before they encrypt: the form that adds it last mends that.
TEST(IsAboutTheTpm, AVtpmThatWantsEncryptionFirst) {
  EXPECT_TRUE(tpm(with_key("msg.vigor.enc.required.vtpm")));
  EXPECT_TRUE(tpm(with_key("msg.vtpm.add.notEncrypted")));
}

TEST(IsAboutTheTpm, NothingElse) {
  for (const char* key : {"msg.vigor.enc.keyNotFound", "msg.keysafe.locator",
                          "msg.hostd.deviceSpec.enc.badPolicy", "msg.disk.policyChangeFailure"})
    EXPECT_FALSE(tpm(with_key(key))) << key;
  for (const char* type :
       {"NoPermission", "DuplicateName", "NoDiskSpace", "EncryptionKeyRequired", "TaskInProgress",
        "InvalidArgument", "GenericVmConfigFault", "NotSupported", "RuntimeFault"})
    EXPECT_FALSE(tpm(of_type(type))) << type;
  EXPECT_FALSE(is_about_the_tpm(Error{Errno{ETIMEDOUT}, "vTPM endorsementKey"}));
}

TEST(IsAboutTheTpm, ALostReplyNeverIs) {
  Error error = tpm_fault();
  error.maybe_done = true;
  EXPECT_FALSE(is_about_the_tpm(error));
}

TEST(IsAboutTheTpm, ACauseThatNoFormMendsDecides) {
  for (const char* type : {"EncryptionKeyRequired", "NoPermission", "NoDiskSpace"}) {
    Fault outer = of_type("GenericVmConfigFault");
    outer.reason = "cannot add the vTPM";
    outer.cause = std::make_shared<Fault>(of_type(type));
    EXPECT_FALSE(tpm(outer)) << type;
  }
}

TEST(Explain, NamesThePrivilegeAndTheObject) {
  Fault fault = of_type("NoPermission");
  fault.privilege_id = "Cryptographer.EncryptNew";
  fault.object_type = "Folder";
  fault.object = "group-v3";
  const Explanation explained = explain(made::fault_error(fault));
  EXPECT_EQ(explained.code.value(), EACCES);
  EXPECT_THAT(explained.reason, HasSubstr("Cryptographer.EncryptNew on Folder group-v3"));
}

TEST(Explain, AKeyThatTheServerDoesNotTakeIsAKeyThatIsNotHere) {
  for (const char* property : {"configSpec.crypto.cryptoKeyId", "spec.keyId"}) {
    Fault fault = of_type("InvalidArgument");
    fault.invalid_property = property;
    EXPECT_EQ(explain(made::fault_error(fault)).code.value(), ENOKEY) << property;
  }
  EXPECT_EQ(explain(made::fault_error(of_type("InvalidArgument"))).code.value(),
            made::fault_error(of_type("InvalidArgument")).code.value());
}

TEST(Explain, WhatAHostIsTooOldForHasAStepOfItsOwn) {
  for (const char* type : {"VirtualHardwareVersionNotSupported", "UnsupportedGuest",
                           "DeviceNotSupported", "DeviceUnsupportedForVmVersion"}) {
    const Explanation said = explain(made::fault_error(of_type(type)));
    EXPECT_EQ(said.code.value(), EINVAL) << type;
    EXPECT_THAT(said.what_to_do, HasSubstr("--restore-pool")) << type;
  }
  Fault guest = of_type("InvalidArgument");
  guest.invalid_property = "configSpec.guestId";
  const Explanation said = explain(made::fault_error(guest));
  EXPECT_EQ(said.code.value(), EINVAL);
  EXPECT_THAT(said.reason, HasSubstr("guest operating system"));
}

TEST(Explain, AMessageKeyOfACauseCounts) {
  Fault outer = of_type("GenericVmConfigFault");
  outer.cause = std::make_shared<Fault>(with_key("msg.vigor.enc.keyNotFound"));
  EXPECT_EQ(explain(made::fault_error(outer)).code.value(), ENOKEY);
}

TEST(Explain, EveryErrnoComesWithAdvice) {
  for (const int code : {EACCES, EEXIST, ENOKEY, ENOSPC, ETIMEDOUT, EHOSTUNREACH, EBUSY, EINVAL,
                         EBADMSG, EINTR, EIO})
    EXPECT_FALSE(explain(Error{Errno{code}, "words"}).what_to_do.empty()) << code;
}

TEST(Explain, AMissingPolicyIsNotAMissingKey) {
  Fault fault = of_type("InvalidArgument");
  fault.invalid_property = "spec.crypto";
  fault.messages = {{"encryptForbiddenWithoutEncryptedProfile", "text"}};
  const Explanation said = explain(made::fault_error(fault));
  EXPECT_EQ(said.code.value(), EINVAL);
  EXPECT_THAT(said.what_to_do, HasSubstr("--restore-policy"));
}

TEST(Explain, ABundleWithoutItsKeyIsAMissingKey) {
  Fault fault = of_type("SystemError");
  fault.reason = "Key required for encryption.bundle.";
  EXPECT_EQ(explain(made::fault_error(fault)).code.value(), ENOKEY);
}

TEST(Explain, ToolsAreToldNothingOutsideTheTable) {
  for (const int code : {E2BIG, ECANCELED, EOPNOTSUPP, EROFS, ENAMETOOLONG, EPROTO, EPERM, ENOSYS})
    EXPECT_EQ(explain(Error{Errno{code}, "words"}).code.value(), EIO) << code;
  EXPECT_EQ(explain(Error{Errno{EDQUOT}, "words"}).code.value(), ENOSPC);
  for (const int code : {ENOENT, EEXIST, EACCES, ENOKEY, EINVAL, EBADMSG, ENOSPC, EFBIG, ETIMEDOUT,
                         EHOSTUNREACH, EBUSY, EINTR, EIO})
    EXPECT_EQ(explain(Error{Errno{code}, "words"}).code.value(), code);
}

TEST(Explain, SettingsAreNotMendedByAnotherBackup) {
  EXPECT_THAT(explain(Error{Errno{EINVAL}, "there is no encryption policy 'X' here"}).what_to_do,
              Not(HasSubstr("backup")));
}

}  // namespace
}  // namespace vtpmfs::fs
