// Garbage from the network ends in an Error with words, never in a crash or in half a message.
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>

#include "tests/unit/soap/envelope.h"
#include "vsphere/soap/message.h"
#include "vsphere/soap/text_check.h"

namespace vtpmfs::vsphere {
namespace {

using test::in_envelope;
using test::property_answer;

std::string words(std::string_view xml) {
  const auto answer = read_message<_vim25__RetrievePropertiesExResponse>(xml);
  EXPECT_FALSE(answer) << "was read: " << xml.substr(0, 300);
  if (answer) return {};
  EXPECT_EQ(answer.error().code, Errno{EIO});
  EXPECT_EQ(answer.error().fault, nullptr);
  EXPECT_NE(answer.error().words.find("RetrievePropertiesExResponse"), std::string::npos)
      << answer.error().words;
  return answer.error().words;
}

const std::string kGood = property_answer(R"(<val xsi:type="xsd:string">value</val>)");

TEST(BadInput, IsNotXml) {
  words("");
  words("   \n");
  words("garbage");
  words("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<a>");
  words("<html><body>503 Service Unavailable</body></html>");
  words("<?xml version=\"1.0\"?>");
  words("\x1f\x8b\x08 gzip");
  words("<<<>>>");
}

TEST(BadInput, IsCutShortAnywhere) {
  ASSERT_TRUE(read_message<_vim25__RetrievePropertiesExResponse>(kGood));
  const auto end = kGood.find("</soapenv:Envelope>") + 1;
  for (size_t length = 0; length < end; ++length) words(std::string_view(kGood).substr(0, length));
  words(kGood.substr(0, kGood.rfind('>')));
}

TEST(BadInput, IsAnotherMessage) {
  EXPECT_NE(words(in_envelope(R"(<LoginResponse xmlns="urn:vim25"/>)")).find("LoginResponse"),
            std::string::npos);
  words(in_envelope(R"(<RetrievePropertiesExResponse xmlns="urn:other"/>)"));
  words(in_envelope("<RetrievePropertiesExResponse/>"));
  words(in_envelope(""));
  words("<RetrievePropertiesExResponse xmlns=\"urn:vim25\"/>");
}

TEST(BadInput, LacksTheValueThatItIsAbout) {
  const auto login = read_message<_vim25__LoginResponse>(
      in_envelope(R"(<LoginResponse xmlns="urn:vim25"></LoginResponse>)"));
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().code, Errno{EIO});
  EXPECT_NE(login.error().words.find("returnval"), std::string::npos);
  EXPECT_TRUE(read_message<_vim25__WaitForUpdatesExResponse>(
      in_envelope(R"(<WaitForUpdatesExResponse xmlns="urn:vim25"/>)")));
  EXPECT_TRUE(
      read_message<_vim25__LogoutResponse>(in_envelope(R"(<LogoutResponse xmlns="urn:vim25"/>)")));
}

TEST(BadInput, HoldsValuesOfTheWrongType) {
  words(property_answer(R"(<val xsi:type="xsd:int">seven</val>)"));
  words(property_answer(R"(<val xsi:type="xsd:int">99999999999999999999</val>)"));
  words(property_answer(R"(<val xsi:type="xsd:boolean">perhaps</val>)"));
  words(property_answer(R"(<val xsi:type="VirtualTPM"><key>eleven</key></val>)"));
  words(property_answer(R"(<val xsi:type="ArrayOfInt"><int>1</int><int>x</int></val>)"));
}

TEST(BadInput, NestsTooDeep) {
  std::string open;
  std::string close;
  for (int i = 0; i < 100000; ++i) {
    open += "<x>";
    close += "</x>";
  }
  words(property_answer("<val xsi:type=\"VirtualTPM\"><key>1</key>" + open + close + "</val>"));
  words(in_envelope(open + close));

  std::string causes;
  std::string ends;
  for (int i = 0; i < 20000; ++i) {
    causes += R"(<faultCause><fault xsi:type="SystemError">)";
    ends += "</fault></faultCause>";
  }
  words(property_answer(R"(<val xsi:type="TaskInfo"><error><fault xsi:type="SystemError">)" +
                        causes + ends + "</fault></error></val>"));
}

TEST(BadInput, HoldsForbiddenBytes) {
  const auto with = [](std::string_view bytes) {
    return property_answer("<val xsi:type=\"xsd:string\">" + std::string(bytes) + "</val>");
  };
  EXPECT_NE(words(with(std::string_view("a\0b", 3))).find("NUL"), std::string::npos);
  words(with("\x01"));
  words(with("\xff\xfe"));
  words(with("\xc0\xaf"));          // overlong
  words(with("\xed\xa0\x80"));      // a surrogate
  words(with("\xf4\x90\x80\x80"));  // beyond Unicode
  words(with("\xe2\x82"));          // half a character
  words(with("&#0;"));
  words(with("&#x0;"));
  words(with("&#xD800;"));
  words(with("&#1114112;"));
  words(with("&#;"));
  words(with("&unknown;"));
  words(with("a & b"));
  words(with("<![CDATA[ no end"));
}

TEST(BadInput, HasTagsThatDoNotBelongTogether) {
  const auto with = [](std::string_view inside) {
    return property_answer("<val xsi:type=\"CryptoKeyId\">" + std::string(inside) + "</val>");
  };
  ASSERT_TRUE(read_message<_vim25__RetrievePropertiesExResponse>(
      with("<!-- <x> --><keyId a='>' b=\">\">k</keyId ><providerId/>")));
  words(with("<keyId>k</key>"));
  words(with("<keyId>k</val>"));
  words(with("</keyId>"));
  words(with("<keyId"));
  words(with("< keyId>k</keyId>"));
  words(with("<keyId a=\"1>k</keyId>"));
  words(with("<!-- no end"));
  words(kGood + kGood.substr(kGood.find("<soapenv:Envelope")));
  words(kGood + "more");
  words("more" + kGood);
}

TEST(BadInput, HoldsANamespaceWithSpaces) {
  const auto answer = read_message<_vim25__RetrievePropertiesExResponse>(
      property_answer("<val xmlns:x=\"http://x\n y \" xsi:type=\"x:string\">text</val>"));
  ASSERT_TRUE(answer) << answer.error().words;
  EXPECT_TRUE(write_message({}, **answer));
}

TEST(BadInput, HoldsADocumentType) {
  EXPECT_NE(words("<!DOCTYPE a [<!ENTITY b \"cc\">]>" + kGood).find("document type"),
            std::string::npos);
}

TEST(BadInput, EmptyAttributesAndUndeclaredPrefixesDoNoHarm) {
  // gSOAP decides whether these can be read; they must neither crash nor yield a wrong type.
  for (const char* type : {"", ":", "a:", ":b", "undeclared:VirtualTPM", "  VirtualTPM  "}) {
    const auto answer = read_message<_vim25__RetrievePropertiesExResponse>(
        property_answer("<val xsi:type=\"" + std::string(type) + "\"><key>1</key></val>"));
    EXPECT_TRUE(answer || answer.error().code == Errno{EIO}) << type;
  }
}

TEST(BadInput, LeavesTheNextMessageAlone) {
  words(kGood.substr(0, kGood.size() / 2));
  EXPECT_TRUE(read_message<_vim25__RetrievePropertiesExResponse>(kGood));
  words(property_answer(R"(<val xsi:type="xsd:int">seven</val>)"));
  EXPECT_TRUE(read_message<_vim25__RetrievePropertiesExResponse>(kGood));
}

TEST(BadInput, LongTextsAreReadWhole) {
  const std::string text(3 << 20, 'x');
  const auto answer = read_message<_vim25__RetrievePropertiesExResponse>(
      property_answer("<val xsi:type=\"xsd:string\">" + text + "</val>"));
  ASSERT_TRUE(answer) << answer.error().words;
  const auto* value = (*answer)->returnval->objects[0].propSet[0].val;
  EXPECT_EQ(dynamic_cast<const xsd__string_*>(value)->__item, text);
}

TEST(TextCheck, FindsFlawsAtEveryOffset) {
  for (size_t at = 0; at < 20; ++at) {
    std::string text(20, 'a');
    EXPECT_EQ(check_text(text).flaw, "");
    for (const char bad : {'\0', '\x1f', '\x7f', '\x80', '\xff'}) {
      text[at] = bad;
      if (bad == '\x7f') {
        EXPECT_EQ(check_text(text).flaw, "") << "DEL is allowed";
      } else {
        EXPECT_NE(check_text(text).flaw, "") << at << " " << int{bad};
      }
    }
  }
  EXPECT_EQ(check_text("a\tb\r\n \xC3\xBC \xE2\x82\xAC \xF0\x9F\x94\x92 &amp; &#65; !").flaw, "");
}

TEST(TextCheck, LongReferencesAreReplacedOutsideOfCdata) {
  const std::string text =
      "&#65;&#x1F512;&#00000060;<![CDATA[&#x1F512; & &x;]]>&#128274;&lt;&#x00000FC;";
  const auto check = check_text(text);
  EXPECT_EQ(check.flaw, "");
  EXPECT_TRUE(check.has_long_references);
  EXPECT_EQ(with_short_references(text),
            "&#65;\xF0\x9F\x94\x92&#60;<![CDATA[&#x1F512; & &x;]]>\xF0\x9F\x94\x92&lt;\xC3\xBC");
  EXPECT_FALSE(check_text("&#65;&#x20AC;&#65533; &amp; <![CDATA[&#x1F512;]]>").has_long_references);
}

TEST(TextCheck, ManyReferencesBehindALongOneCostNoMoreThanEach) {
  std::string many;
  for (int i = 0; i < 1'600'000; ++i) many += "&amp;";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(with_short_references("&#x1F512;" + many), "\xF0\x9F\x94\x92" + many);
  // A look through the rest at each of them takes ten minutes and more.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace vtpmfs::vsphere
