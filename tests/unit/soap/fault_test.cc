#include "vsphere/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/soap/envelope.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/fault_reader.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

using test::in_envelope;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

Fault with_type(std::string type) {
  Fault fault;
  fault.type = std::move(type);
  return fault;
}

int code_of(std::string type) {
  return errno_of(with_type(std::move(type))).value();
}

Error error_of_answer(std::string_view detail, std::string_view text = "the text") {
  auto answer = read_message<_vim25__CreateVM_USCORETaskResponse>(
      in_envelope("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" +
                  std::string(text) + "</faultstring>" + std::string(detail) + "</soapenv:Fault>"));
  EXPECT_FALSE(answer);
  return answer.error();
}

TEST(FaultErrno, ComesFromTheTypeOrItsNearestKnownBase) {
  EXPECT_EQ(code_of("InvalidLogin"), EACCES);
  EXPECT_EQ(code_of("NoPermission"), EACCES);
  EXPECT_EQ(code_of("ManagedObjectNotFound"), ENOENT);
  EXPECT_EQ(code_of("DuplicateName"), EEXIST);
  EXPECT_EQ(code_of("NoDiskSpace"), ENOSPC);
  EXPECT_EQ(code_of("EncryptionKeyRequired"), ENOKEY);
  EXPECT_EQ(code_of("TaskInProgress"), EBUSY);
  EXPECT_EQ(code_of("InvalidPowerState"), EBUSY);
  EXPECT_EQ(code_of("HostNotConnected"), EHOSTUNREACH);
  EXPECT_EQ(code_of("Timedout"), ETIMEDOUT);
  EXPECT_EQ(code_of("MethodNotFound"), EOPNOTSUPP);
  EXPECT_EQ(code_of("TooManyDevices"), E2BIG);
  EXPECT_EQ(code_of("CannotUseNetwork"), EINVAL) << "as VmConfigFault";
  EXPECT_EQ(code_of("PbmDuplicateName"), EEXIST);
  EXPECT_EQ(code_of("QuantumFault"), EIO);
  EXPECT_EQ(code_of(""), EIO);
}

TEST(FaultType, KnowsWhatItIsDerivedFrom) {
  EXPECT_TRUE(is_a(with_type("FileNotFound"), "FileNotFound"));
  EXPECT_TRUE(is_a(with_type("FileNotFound"), "FileFault"));
  EXPECT_TRUE(is_a(with_type("FileNotFound"), "VimFault"));
  EXPECT_TRUE(is_a(with_type("InvalidDeviceOperation"), "VmConfigFault"));
  EXPECT_FALSE(is_a(with_type("FileFault"), "FileNotFound"));
  EXPECT_FALSE(is_a(with_type("QuantumFault"), "FileFault"));
}

TEST(SoapFault, GivesTypeTextAndFields) {
  const auto error = error_of_answer(
      R"(<detail><NoPermissionFault xmlns="urn:vim25" xsi:type="NoPermission"><object type="Folder">group-v3</object><privilegeId>VirtualMachine.Inventory.Create</privilegeId></NoPermissionFault></detail>)");
  EXPECT_EQ(error.code, Errno{EACCES});
  ASSERT_NE(error.fault, nullptr);
  EXPECT_EQ(error.fault->type, "NoPermission");
  EXPECT_EQ(error.fault->message, "the text");
  EXPECT_EQ(error.fault->object_type, "Folder");
  EXPECT_EQ(error.fault->object, "group-v3");
  EXPECT_EQ(error.fault->privilege_id, "VirtualMachine.Inventory.Create");
  EXPECT_THAT(error.words, HasSubstr("NoPermission: the text"));
  EXPECT_THAT(error.words, HasSubstr("privilege VirtualMachine.Inventory.Create"));
}

TEST(SoapFault, ElementNameTellsTheTypeWhereXsiTypeDoesNot) {
  EXPECT_EQ(
      error_of_answer(
          R"(<detail><FileLockedFault xmlns="urn:vim25"><file>[d] a</file></FileLockedFault></detail>)")
          .fault->type,
      "FileLocked");
  EXPECT_EQ(
      error_of_answer(R"(<detail><MethodDisabledFault xmlns="urn:vim25"/></detail>)").fault->type,
      "MethodDisabled");
  EXPECT_EQ(error_of_answer(
                R"(<detail><FileFaultFault xmlns="urn:vim25" xsi:type="FileNotFound"/></detail>)")
                .fault->type,
            "FileNotFound");
}

TEST(SoapFault, OfPbmMatchesByLocalName) {
  const auto vim = error_of_answer(
      R"(<detail><InvalidArgumentFault xmlns="urn:pbm" xmlns:vim25="urn:vim25" xsi:type="vim25:InvalidArgument"><vim25:invalidProperty>profileIds</vim25:invalidProperty></InvalidArgumentFault></detail>)");
  EXPECT_EQ(vim.fault->type, "InvalidArgument");
  EXPECT_EQ(vim.fault->invalid_property, "profileIds");
  const auto pbm = error_of_answer(
      R"(<detail><PbmDuplicateNameFault xmlns="urn:pbm" xsi:type="PbmDuplicateName"><name>mine</name></PbmDuplicateNameFault></detail>)");
  EXPECT_EQ(pbm.fault->type, "PbmDuplicateName");
  EXPECT_EQ(pbm.fault->name, "mine");
  EXPECT_EQ(pbm.code, Errno{EEXIST});
}

TEST(SoapFault, WithoutDetailIsStillAFault) {
  for (const char* detail : {"", "<detail/>", "<detail></detail>"}) {
    const auto error = error_of_answer(detail);
    ASSERT_NE(error.fault, nullptr) << detail;
    EXPECT_EQ(error.fault->type, "");
    EXPECT_EQ(error.code, Errno{EIO});
    EXPECT_THAT(error.words, HasSubstr("the text"));
  }
}

TEST(SoapFault, KeysMessagesAndCauses) {
  const auto error = error_of_answer(
      R"(<detail><EncryptionKeyRequiredFault xmlns="urn:vim25" xsi:type="EncryptionKeyRequired">
      <faultCause><fault xsi:type="SystemError"><faultCause><fault xsi:type="KeyNotFound"><key>k9</key></fault></faultCause><reason>Key locator error</reason></fault><localizedMessage>inner</localizedMessage></faultCause>
      <faultMessage><key>msg.vigor.enc.keyNotFound</key><arg><key>1</key><value xsi:type="xsd:string">x</value></arg><message>no key</message></faultMessage>
      <faultMessage><key>msg.other</key></faultMessage>
      <requiredKey><keyId>k1</keyId><providerId><id>KMS</id></providerId></requiredKey><requiredKey><keyId>k2</keyId></requiredKey>
      </EncryptionKeyRequiredFault></detail>)");
  ASSERT_NE(error.fault, nullptr);
  EXPECT_THAT(error.fault->messages,
              ElementsAre(Pair("msg.vigor.enc.keyNotFound", "no key"), Pair("msg.other", "")));
  EXPECT_TRUE(error.fault->has_message_key("msg.other"));
  EXPECT_FALSE(error.fault->has_message_key("msg"));
  EXPECT_THAT(error.fault->required_keys, ElementsAre("KMS/k1", "k2"));
  ASSERT_NE(error.fault->cause, nullptr);
  EXPECT_EQ(error.fault->cause->type, "SystemError");
  EXPECT_EQ(error.fault->cause->message, "inner");
  ASSERT_NE(error.fault->cause->cause, nullptr);
  EXPECT_THAT(error.fault->cause->cause->required_keys, ElementsAre("k9"));
  EXPECT_THAT(error.words, HasSubstr("caused by SystemError: inner; Key locator error"));
  EXPECT_EQ(error.code, Errno{ENOKEY});
}

TEST(SoapFault, AFieldThatIsItselfAFaultDoesNotSpoilTheRest) {
  const auto error = error_of_answer(
      R"(<detail><CannotAccessVmConfigFault xmlns="urn:vim25" xsi:type="CannotAccessVmConfig"><reason><fault xsi:type="FileNotFound"><file>[d] x</file></fault><localizedMessage>gone</localizedMessage></reason></CannotAccessVmConfigFault></detail>)");
  ASSERT_NE(error.fault, nullptr) << error.words;
  EXPECT_EQ(error.fault->type, "CannotAccessVmConfig");
  EXPECT_EQ(error.fault->message, "the text");
}

TEST(FaultWords, SayNothingTwice) {
  Fault fault = with_type("GenericVmConfigFault");
  fault.message = "Cannot find the key";
  fault.reason = "Cannot find the key";
  fault.messages.emplace_back("msg.k", "Cannot find the key");
  EXPECT_EQ(words_of(fault), "GenericVmConfigFault: Cannot find the key");
}

TEST(WriteFault, ComesBackAsItWas) {
  vim25__MethodFault fault;
  fault.xsi__type = "vim25:DuplicateName";
  fault.name = "a<b";
  fault.object = reference("VirtualMachine", "vm-7");
  const auto xml = write_fault(fault, "taken & gone");
  ASSERT_TRUE(xml);
  EXPECT_THAT(*xml, HasSubstr(R"(<vim25:DuplicateNameFault xsi:type="vim25:DuplicateName">)"));
  EXPECT_EQ(peek_operation(*xml).value().name, "Fault");
  const auto answer = read_message<_vim25__LoginResponse>(*xml);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault->type, "DuplicateName");
  EXPECT_EQ(answer.error().fault->name, "a<b");
  EXPECT_EQ(answer.error().fault->object, "vm-7");
  EXPECT_EQ(answer.error().fault->message, "taken & gone");
}

TEST(FaultWords, AreOneLineThatSteersNoTerminal) {
  Fault fault;
  fault.type = "SystemError";
  fault.message =
      "first\nsecond\x1B[31m\xC2\x9B"
      "2J Z\xC3\xBCrich";
  EXPECT_EQ(words_of(fault), "SystemError: first second [31m 2J Z\xC3\xBCrich");
}

}  // namespace
}  // namespace vtpmfs::vsphere
