// Types that the schema does not have must show: gSOAP alone would read them as their base type.
#include <gtest/gtest.h>

#include "tests/unit/soap/envelope.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/fault_reader.h"
#include "vsphere/soap/message.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::vsphere {
namespace {

using test::in_envelope;
using test::property_answer;
using Answer = Message<_vim25__RetrievePropertiesExResponse>;

Answer read(std::string_view val) {
  auto answer = read_message<_vim25__RetrievePropertiesExResponse>(property_answer(val));
  EXPECT_TRUE(answer) << answer.error().words;
  return std::move(answer.value());
}

const xsd__anyType* value_of(const Answer& answer) {
  return answer->returnval.value().objects.at(0).propSet.at(0).val;
}

TEST(UnknownType, DeviceInAnArrayKeepsItsKeyAndTellsItsType) {
  const auto answer = read(R"(<val xsi:type="ArrayOfVirtualDevice">
    <VirtualDevice xsi:type="VirtualHologram"><key>11000</key><depth>3</depth></VirtualDevice>
    <VirtualDevice xsi:type="VirtualTPM"><key>11001</key><endorsementKeyCertificate>AA==</endorsementKeyCertificate></VirtualDevice>
    <VirtualDevice xsi:type="VirtualFloppy"/></val>)");
  const auto* devices = value_as<vim25__ArrayOfVirtualDevice>(value_of(answer));
  ASSERT_NE(devices, nullptr);
  ASSERT_EQ(devices->VirtualDevice.size(), 3U);
  const auto& hologram = *devices->VirtualDevice[0];
  EXPECT_EQ(unknown_type(hologram), "VirtualHologram");
  EXPECT_EQ(type_name(hologram), "VirtualHologram");
  EXPECT_EQ(hologram.key, 11000);
  EXPECT_EQ(value_as<vim25__VirtualDevice>(&hologram), nullptr);
  const auto* tpm = value_as<vim25__VirtualTPM>(devices->VirtualDevice[1]);
  ASSERT_NE(tpm, nullptr);
  EXPECT_EQ(tpm->endorsementKeyCertificate, std::vector<std::string>{"AA=="});
  EXPECT_FALSE(unknown_type(*devices->VirtualDevice[2])) << "known, without content";
  EXPECT_EQ(type_name(*devices->VirtualDevice[2]), "VirtualFloppy");
}

TEST(UnknownType, SingleValue) {
  const auto device = read(R"(<val xsi:type="VirtualHologram"><key>11000</key></val>)");
  EXPECT_EQ(unknown_type(*value_of(device)), "VirtualHologram");
  EXPECT_EQ(type_name(*value_of(device)), "VirtualHologram");

  const auto empty = read(R"(<val xsi:type="Emptiness"/>)");
  EXPECT_EQ(unknown_type(*value_of(empty)), "Emptiness");

  const auto enumeration = read(R"(<val xsi:type="WeatherState">rainy</val>)");
  EXPECT_EQ(unknown_type(*value_of(enumeration)), "WeatherState");
  EXPECT_FALSE(text_of(value_of(enumeration)));
}

TEST(UnknownType, BackingAndDeepInside) {
  const auto answer = read(R"(<val xsi:type="VirtualDisk"><key>2000</key>
    <backing xsi:type="VirtualDiskCloudBackingInfo"><fileName>[d] x.vmdk</fileName></backing>
    <slotInfo xsi:type="VirtualDevicePciBusSlotInfo"><pciSlotNumber>3</pciSlotNumber></slotInfo>
    <capacityInKB>1</capacityInKB></val>)");
  const auto* disk = value_as<vim25__VirtualDisk>(value_of(answer));
  ASSERT_NE(disk, nullptr);
  ASSERT_NE(disk->backing, nullptr);
  EXPECT_EQ(unknown_type(*disk->backing), "VirtualDiskCloudBackingInfo");
  EXPECT_EQ(disk->capacityInKB, 1) << "what follows the unknown one is read";
  EXPECT_FALSE(unknown_type(*disk->slotInfo));
}

TEST(UnknownType, FaultsKeepTheirTypeAndFields) {
  const auto answer = read_message<_vim25__RetrievePropertiesExResponse>(in_envelope(
      R"(<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects><obj type="VirtualMachine">vm-1</obj>
      <missingSet><path>config</path><fault><fault xsi:type="QuantumFault"><faultMessage><key>msg.q</key></faultMessage>
      <uncertainty>9</uncertainty><reason>moved</reason></fault><localizedMessage>it moved</localizedMessage></fault></missingSet>
      </objects></returnval></RetrievePropertiesExResponse>)"));
  ASSERT_TRUE(answer) << answer.error().words;
  const auto fault = fault_of((*answer)->returnval->objects[0].missingSet.at(0).fault);
  EXPECT_EQ(fault.type, "QuantumFault");
  EXPECT_EQ(fault.message, "it moved");
  EXPECT_EQ(fault.reason, "moved");
  EXPECT_TRUE(fault.has_message_key("msg.q"));
}

TEST(UnknownType, PrefixesDoNotMatter) {
  const auto vcsim = read(
      R"(<val xmlns:_XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" _XMLSchema-instance:type="VirtualTPM"><key>-1</key></val>)");
  EXPECT_NE(value_as<vim25__VirtualTPM>(value_of(vcsim)), nullptr);

  const auto declared =
      read(R"(<val xmlns:v="urn:vim25" xsi:type="v:CryptoKeyId"><keyId>k</keyId></val>)");
  ASSERT_NE(value_as<vim25__CryptoKeyId>(value_of(declared)), nullptr);

  const auto empty_prefixed = read(R"(<val xmlns:v="urn:vim25" xsi:type="v:VirtualFloppy"/>)");
  EXPECT_FALSE(unknown_type(*value_of(empty_prefixed)));
  EXPECT_NE(value_as<vim25__VirtualFloppy>(value_of(empty_prefixed)), nullptr);

  const auto strange = read(R"(<val xmlns:v="urn:other" xsi:type="v:Thing"><x>1</x></val>)");
  EXPECT_EQ(unknown_type(*value_of(strange)), "Thing");

  // The right name in a wrong namespace is another type.
  const auto stranger =
      read(R"(<val xmlns:v="urn:other" xsi:type="v:VirtualTPM"><key>1</key></val>)");
  EXPECT_EQ(value_as<vim25__VirtualTPM>(value_of(stranger)), nullptr);

  const auto other_xsd =
      read(R"(<val xmlns:x="http://www.w3.org/2001/XMLSchema" xsi:type="x:string">text</val>)");
  EXPECT_EQ(text_of(value_of(other_xsd)), "text");
}

TEST(UnknownType, SurvivesBeingWrittenAndKnownTypesAreWrittenOnce) {
  const auto answer = read(R"(<val xsi:type="ArrayOfVirtualDevice">
    <VirtualDevice xsi:type="VirtualHologram"><key>1</key></VirtualDevice>
    <VirtualDevice xsi:type="VirtualFloppy"/></val>)");
  const auto again = write_message({}, *answer);
  ASSERT_TRUE(again) << again.error().words;
  EXPECT_NE(again->find(R"(<vim25:VirtualDevice xsi:type="vim25:VirtualHologram">)"),
            std::string::npos)
      << *again;
  EXPECT_NE(again->find(R"(<vim25:VirtualDevice xsi:type="vim25:VirtualFloppy">)"),
            std::string::npos)
      << *again;
}

TEST(UnknownType, OfAReferenceDoesNotMakeASecondAttribute) {
  const auto answer = read_message<_vim25__CreateFolderResponse>(
      in_envelope(R"(<CreateFolderResponse xmlns="urn:vim25"><returnval type="Folder" )"
                  R"(xsi:type="StrangeReference">group-v9</returnval></CreateFolderResponse>)"));
  ASSERT_TRUE(answer) << answer.error().words;
  EXPECT_EQ(unknown_type(*(*answer)->returnval), "StrangeReference");
  const auto again = write_message({}, **answer);
  ASSERT_TRUE(again) << again.error().words;
  EXPECT_EQ(again->find("StrangeReference"), std::string::npos) << *again;
  EXPECT_TRUE(read_message<_vim25__CreateFolderResponse>(*again));
}

TEST(Values, OfEachPrimitiveType) {
  EXPECT_EQ(text_of(value_of(read(R"(<val xsi:type="xsd:string">a &lt; b</val>)"))), "a < b");
  EXPECT_EQ(text_of(value_of(read(R"(<val xsi:type="xsd:string"></val>)"))), "");
  EXPECT_EQ(text_of(value_of(read(R"(<val xsi:type="xsd:string"/>)"))), "");
  EXPECT_EQ(text_of(value_of(read(R"(<val xsi:type="VirtualMachinePowerState">poweredOn</val>)"))),
            "poweredOn");
  EXPECT_EQ(
      text_of(value_of(read(R"(<val xsi:type="xsd:dateTime">2024-06-25T10:11:12.345678Z</val>)"))),
      "2024-06-25T10:11:12.345678Z");
  EXPECT_EQ(text_of(value_of(read(R"(<val xsi:type="xsd:base64Binary">AAEC</val>)"))), "AAEC");
  EXPECT_EQ(boolean_of(value_of(read(R"(<val xsi:type="xsd:boolean">true</val>)"))), true);
  EXPECT_EQ(boolean_of(value_of(read(R"(<val xsi:type="xsd:boolean">0</val>)"))), false);
  EXPECT_EQ(integer_of(value_of(read(R"(<val xsi:type="xsd:int">-7</val>)"))), -7);
  EXPECT_EQ(integer_of(value_of(read(R"(<val xsi:type="xsd:long">8589934592</val>)"))), 8589934592);
  EXPECT_FALSE(integer_of(value_of(read(R"(<val xsi:type="xsd:string">7</val>)"))));
  EXPECT_FALSE(text_of(value_of(read(R"(<val xsi:type="xsd:int">7</val>)"))));
  EXPECT_FALSE(boolean_of(nullptr));
}

TEST(Values, SpaceInTextIsKept) {
  EXPECT_EQ(text_of(value_of(read("<val xsi:type=\"xsd:string\"> a\n  b </val>"))), " a\n  b ");
  EXPECT_EQ(text_of(value_of(read("<val xsi:type=\"xsd:string\"><![CDATA[a<b>&amp;]]></val>"))),
            "a<b>&amp;");
  EXPECT_EQ(text_of(value_of(read("<val xsi:type=\"xsd:string\">Z\xC3\xBCrich &#x1F512;</val>"))),
            "Z\xC3\xBCrich \xF0\x9F\x94\x92");
}

TEST(Values, ArraysOfPrimitivesAndReferences) {
  const auto strings =
      read(R"(<val xsi:type="ArrayOfString"><string>a</string><string></string></val>)");
  ASSERT_NE(value_as<vim25__ArrayOfString>(value_of(strings)), nullptr);
  EXPECT_EQ(value_as<vim25__ArrayOfString>(value_of(strings))->string,
            (std::vector<std::string>{"a", ""}));
  const auto numbers = read(R"(<val xsi:type="ArrayOfInt"><int>1</int><int>-2</int></val>)");
  ASSERT_NE(value_as<vim25__ArrayOfInt>(value_of(numbers)), nullptr);
  EXPECT_EQ(value_as<vim25__ArrayOfInt>(value_of(numbers))->int_, (std::vector<int>{1, -2}));
  const auto references = read(
      R"(<val xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference type="HostSystem" xsi:type="ManagedObjectReference">host-1</ManagedObjectReference></val>)");
  const auto* hosts = value_as<vim25__ArrayOfManagedObjectReference>(value_of(references));
  ASSERT_NE(hosts, nullptr);
  ASSERT_EQ(hosts->ManagedObjectReference.size(), 1U);
  EXPECT_EQ(hosts->ManagedObjectReference[0].type, "HostSystem");
  EXPECT_EQ(hosts->ManagedObjectReference[0].__item, "host-1");
  const auto empty = read(R"(<val xsi:type="ArrayOfString"/>)");
  ASSERT_NE(value_as<vim25__ArrayOfString>(value_of(empty)), nullptr);
}

}  // namespace
}  // namespace vtpmfs::vsphere
