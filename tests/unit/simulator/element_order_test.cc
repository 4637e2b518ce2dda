#include "tests/simulator/soap/element_order.h"

#include <gtest/gtest.h>

#include "tests/simulator/soap/fragment.h"
#include "tests/simulator/soap/xml_outline.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

TEST(XmlOutline, ResolvesPrefixesAndTypes) {
  const auto outline = outline_of(
      R"(<a xmlns="urn:x" xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>)"
      R"(<!-- <no/> --><b i:type="T"/><y:c xmlns:y="urn:y" i:type="y:U"><![CDATA[<no>]]></y:c></a>)");
  ASSERT_TRUE(outline);
  ASSERT_EQ(outline->size(), 3U);
  EXPECT_EQ((*outline)[1].name, "b");
  EXPECT_EQ((*outline)[1].name_space, "urn:x");
  EXPECT_EQ((*outline)[1].type, "T");
  EXPECT_EQ((*outline)[1].type_space, "urn:x");
  EXPECT_EQ((*outline)[2].name, "c");
  EXPECT_EQ((*outline)[2].name_space, "urn:y");
  EXPECT_EQ((*outline)[2].type_space, "urn:y");
  EXPECT_EQ((*outline)[2].depth, 1);
}

TEST(XmlOutline, RefusesWhatIsNotWellFormed) {
  for (const char* xml :
       {"", "text", "<a", "<a>", "<a></b>", "<a/></a>", "<a b></a>", "<a b=1/>", "<a b='1/>",
        "<p:a/>", "<!DOCTYPE a><a/>", "<a><!-- </a>", "</a>", "<a x:b='1'/>"}) {
    EXPECT_FALSE(outline_of(xml)) << xml;
  }
}

TEST(KnownTypes, AreThoseOfTheSchema) {
  EXPECT_TRUE(is_known_type("vim25:VirtualTPM"));
  EXPECT_TRUE(is_known_type("vim25:TraversalSpec"));
  EXPECT_TRUE(is_known_type("xsd:string"));
  EXPECT_FALSE(is_known_type("vim25:VirtualHologram"));
  EXPECT_FALSE(is_known_type("xsd:hologram"));
  EXPECT_FALSE(is_known_type(""));
}

/// Requests as a client might write them by hand, through the whole server.
class ElementOrderTest : public SimulatorFixture {
 protected:
  void SetUp() override { ASSERT_TRUE(client.login()); }

  /// The fault's type; empty when the request was taken.
  std::string outcome(const std::string& body) {
    const auto answer = client.post_body(body);
    if (answer.status == 200) return {};
    const auto parsed = vsphere::read_message<_vim25__CurrentTimeResponse>(answer.body);
    return parsed || !parsed.error().fault ? "no fault" : parsed.error().fault->type;
  }
  static std::string create_view(const std::string& children) {
    return "<CreateContainerView xmlns=\"urn:vim25\">" + children + "</CreateContainerView>";
  }
  const std::string this_ = "<_this type=\"ViewManager\">ViewManager</_this>";
  const std::string container_ = "<container type=\"Folder\">group-d1</container>";
  const std::string type_ = "<type>VirtualMachine</type>";
  const std::string recursive_ = "<recursive>true</recursive>";
};

TEST_F(ElementOrderTest, RightOrderIsTaken) {
  EXPECT_EQ(outcome(create_view(this_ + container_ + type_ + type_ + recursive_)), "");
  EXPECT_EQ(outcome(create_view(this_ + container_ + recursive_)), "");
  EXPECT_EQ(outcome(create_view(this_ + "<!-- a comment -->\n" + container_ + recursive_)), "");
}

TEST_F(ElementOrderTest, PrefixesAndNeedlessTypesDoNotMatter) {
  EXPECT_EQ(outcome("<v:CurrentTime xmlns:v=\"urn:vim25\"><v:_this type=\"ServiceInstance\">"
                    "ServiceInstance</v:_this></v:CurrentTime>"),
            "");
  EXPECT_EQ(outcome("<v:CurrentTime xmlns:v=\"urn:vim25\"><v:_this type=\"ServiceInstance\" "
                    "xsi:type=\"v:ManagedObjectReference\">ServiceInstance</v:_this>"
                    "</v:CurrentTime>"),
            "");
}

TEST_F(ElementOrderTest, WrongOrderIsInvalidRequest) {
  EXPECT_EQ(outcome(create_view(container_ + this_ + recursive_)), "InvalidRequest");
  EXPECT_EQ(outcome(create_view(this_ + container_ + recursive_ + type_)), "InvalidRequest");
}

TEST_F(ElementOrderTest, UnknownDoubleAndMissingElementsAreInvalidRequest) {
  EXPECT_EQ(outcome(create_view(this_ + container_ + recursive_ + "<colour>red</colour>")),
            "InvalidRequest");
  EXPECT_EQ(outcome(create_view(this_ + container_ + recursive_ + recursive_)), "InvalidRequest");
  EXPECT_EQ(outcome(create_view(this_ + container_)), "InvalidRequest");
  EXPECT_EQ(outcome(create_view(this_ +
                                "<x:container xmlns:x=\"urn:x\" type=\"Folder\">group-d1"
                                "</x:container>" +
                                recursive_)),
            "InvalidRequest");
}

TEST_F(ElementOrderTest, WrongValuesAreInvalidRequest) {
  EXPECT_EQ(outcome(create_view(this_ + container_ + "<recursive>perhaps</recursive>")),
            "InvalidRequest");
}

TEST_F(ElementOrderTest, TypesMustBeNamedAndKnown) {
  const auto retrieve = [](const std::string& select_type) {
    return "<RetrievePropertiesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">"
           "propertyCollector</_this><specSet><propSet><type>Folder</type><pathSet>name</pathSet>"
           "</propSet><objectSet><obj type=\"Folder\">group-d1</obj><selectSet" +
           select_type +
           "><name>x</name><type>Folder</type><path>childEntity</path></selectSet></objectSet>"
           "</specSet><options/></RetrievePropertiesEx>";
  };
  EXPECT_EQ(outcome(retrieve(" xsi:type=\"TraversalSpec\"")), "");
  EXPECT_EQ(outcome(retrieve("")), "InvalidRequest");
  EXPECT_EQ(outcome(retrieve(" xsi:type=\"HologramSpec\"")), "InvalidType");
}

TEST_F(ElementOrderTest, RequiredOptionsMayBeEmptyButNotAbsent) {
  const std::string spec =
      "<RetrievePropertiesEx xmlns=\"urn:vim25\"><_this type=\"PropertyCollector\">"
      "propertyCollector</_this><specSet><propSet><type>Folder</type><pathSet>name</pathSet>"
      "</propSet><objectSet><obj type=\"Folder\">group-d1</obj></objectSet></specSet>";
  EXPECT_EQ(outcome(spec + "<options/></RetrievePropertiesEx>"), "");
  EXPECT_EQ(outcome(spec + "</RetrievePropertiesEx>"), "InvalidRequest");
}

TEST_F(ElementOrderTest, UnknownOperationIsMethodNotFound) {
  EXPECT_EQ(
      outcome("<MakeCoffee xmlns=\"urn:vim25\"><_this type=\"Kitchen\">k</_this></MakeCoffee>"),
      "MethodNotFound");
  EXPECT_EQ(outcome("<CurrentTime xmlns=\"urn:pbm\"><_this type=\"ServiceInstance\">"
                    "ServiceInstance</_this></CurrentTime>"),
            "MethodNotFound");
}

TEST_F(ElementOrderTest, ReceiverMustExistAndHaveTheMethod) {
  const auto time_of = [](const std::string& type, const std::string& id) {
    return "<CurrentTime xmlns=\"urn:vim25\"><_this type=\"" + type + "\">" + id +
           "</_this></CurrentTime>";
  };
  EXPECT_EQ(outcome(time_of("ServiceInstance", "other")), "ManagedObjectNotFound");
  EXPECT_EQ(outcome(time_of("Folder", "group-d1")), "MethodNotFound");
}

TEST_F(ElementOrderTest, NoXmlIsInvalidRequest) {
  for (const char* body : {"", "hello", "<a/>", "<a>"}) {
    EXPECT_EQ(client.post(body).status, 500) << body;
  }
}

TEST_F(ElementOrderTest, SoapActionMustNameAServedVersion) {
  const std::string message = RawClient::envelope(
      "<CurrentTime xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">ServiceInstance</_this>"
      "</CurrentTime>");
  for (const char* good :
       {"urn:vim25/8.0.3.0", "\"urn:vim25/8.0.3.0\"", "urn:vim25/7.0.0.0", "urn:vim25/6.7"}) {
    EXPECT_EQ(client.post(message, "/sdk", good).status, 200) << good;
  }
  for (const char* bad : {"", "urn:vim25", "urn:vim25/9.0.0.0", "urn:vim25/8.9.9.9",
                          "urn:vim25/6.5", "urn:pbm/8.0.3.0"}) {
    EXPECT_EQ(client.post(message, "/sdk", bad).status, 500) << bad;
  }
}

TEST_F(ElementOrderTest, VersionsAreListed) {
  const auto answer = client.send("GET", "/sdk/vimServiceVersions.xml");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("<name>urn:vim25</name><version>8.0.3.0</version>"),
            std::string::npos);
  EXPECT_NE(answer.body.find("<priorVersions><version>8.0.2.0</version>"), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::simulator
