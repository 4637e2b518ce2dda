#include "tests/simulator/soap/newer_fields.h"

#include <gtest/gtest.h>

#include "tests/simulator/control/switches.h"
#include "tests/unit/simulator/simulator_fixture.h"

namespace vtpmfs::simulator {
namespace {

TEST(NewerFields, GoIntoDevicesAndArrays) {
  EXPECT_EQ(with_newer_fields("<val xsi:type=\"ArrayOfVirtualDevice\">"
                              "<VirtualDevice xsi:type=\"VirtualTPM\"><key>11000</key>"
                              "</VirtualDevice></val>"),
            "<val xsi:type=\"ArrayOfVirtualDevice\"><VirtualDevice xsi:type=\"VirtualHologram\">"
            "<key>77000</key><hologramDepth>3</hologramDepth></VirtualDevice>"
            "<VirtualDevice xsi:type=\"VirtualTPM\"><key>11000</key><readOnly>false</readOnly>"
            "</VirtualDevice></val>");
}

using NewerServer = SimulatorFixture;

TEST_F(NewerServer, IsASwitch) {
  ASSERT_TRUE(client.login());
  const Ref machine = world.add_machine("a");
  const auto request = retrieve_request(machine, {"config.hardware.device[11000]"});
  const std::string message = *vsphere::write_message({}, request);
  EXPECT_EQ(client.post(message).body.find("readOnly"), std::string::npos);
  ASSERT_TRUE(simulator.switches().set("unknown-fields", "some"));
  EXPECT_NE(client.post(message).body.find("<readOnly>false</readOnly></val>"), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::simulator
