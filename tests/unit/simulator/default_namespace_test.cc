#include "tests/simulator/soap/default_namespace.h"

#include <gtest/gtest.h>

#include "tests/simulator/control/switches.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

TEST(DefaultNamespace, TakesThePrefixOffWhatIsInTheBody) {
  EXPECT_EQ(with_default_namespace(
                "<e:Envelope xmlns:e=\"s\" xmlns:vim25=\"urn:vim25\"><e:Body>"
                "<vim25:R><vim25:val xsi:type=\"vim25:VirtualTPM\" type=\"a&gt;b>c\">"
                "xsi:type=\"vim25:x\"</vim25:val><vim25:empty/><vim25:t xsi:type=\"xsd:int\">1"
                "</vim25:t></vim25:R></e:Body></e:Envelope>",
                "vim25"),
            "<e:Envelope xmlns:e=\"s\"><e:Body>"
            "<R xmlns=\"urn:vim25\"><val xsi:type=\"VirtualTPM\" type=\"a&gt;b>c\">"
            "xsi:type=\"vim25:x\"</val><empty/><t xsi:type=\"xsd:int\">1"
            "</t></R></e:Body></e:Envelope>");
}

TEST(DefaultNamespace, FaultsKeepTheirUnqualifiedElements) {
  EXPECT_EQ(with_default_namespace("<e:Fault><faultcode>c</faultcode><detail>"
                                   "<vim25:XFault xsi:type=\"vim25:X\"/></detail></e:Fault>",
                                   "vim25"),
            "<e:Fault><faultcode>c</faultcode><detail>"
            "<XFault xmlns=\"urn:vim25\" xsi:type=\"X\"/></detail></e:Fault>");
}

using AnswerForm = SimulatorFixture;

TEST_F(AnswerForm, IsAVCentersUnlessAskedOtherwise) {
  const std::string ask =
      "<RetrieveServiceContent xmlns=\"urn:vim25\"><_this type=\"ServiceInstance\">"
      "ServiceInstance</_this></RetrieveServiceContent>";
  const std::string plain = client.post_body(ask).body;
  EXPECT_NE(plain.find("<RetrieveServiceContentResponse xmlns=\"urn:vim25\""), std::string::npos);
  EXPECT_EQ(plain.find("vim25:"), std::string::npos);
  ASSERT_TRUE(simulator.switches().set("prefixes", "gsoap"));
  EXPECT_NE(client.post_body(ask).body.find("<vim25:RetrieveServiceContentResponse"),
            std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::simulator
