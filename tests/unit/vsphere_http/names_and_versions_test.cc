// The small parsers of this room: versions, thumbprints, known hosts, cookies, server names.
#include <gtest/gtest.h>

#include "vsphere/http/known_hosts.h"
#include "vsphere/http/server_name.h"
#include "vsphere/http/thumbprint.h"
#include "vsphere/service_versions.h"
#include "vsphere/session_cookie.h"

namespace vtpmfs::vsphere {
namespace {

const std::string kSha1 = "0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:00:11:22:33";

TEST(Versions, AreComparedNumberByNumber) {
  EXPECT_LT(compare_versions("6.7.3", "8.0.3.0"), 0);
  EXPECT_LT(compare_versions("9.0", "10.0"), 0);
  EXPECT_EQ(compare_versions("7.0", "7.0.0.0"), 0);
  EXPECT_GT(compare_versions("8.0.3.1", "8.0.3.0"), 0);
  EXPECT_LT(compare_versions("", "1"), 0);
}

TEST(Versions, AreDigitsAndDots) {
  for (const auto* good : {"8", "8.0", "8.0.3.0", "10.11"}) EXPECT_TRUE(is_version(good)) << good;
  for (const auto* bad : {"", ".", "8.", ".8", "8..0", "8.0a", "8 0", "u8", "8.0\r\nX: y"}) {
    EXPECT_FALSE(is_version(bad)) << bad;
  }
  EXPECT_FALSE(is_version(std::string(1000, '1')));
}

TEST(Versions, AreChosenFromTheServersList) {
  EXPECT_EQ(choose_version("8.0.3.0", {"6.5", {"6.0"}}), "6.5");
  EXPECT_EQ(choose_version("8.0.3.0", {"9.1.0.0", {"9.0.0.0", "8.0.3.0", "8.0.2.0"}}), "8.0.3.0");
  EXPECT_EQ(choose_version("8.0.3.0", {"9.1.0.0", {"9.0.0.0", "8.0.2.0", "6.7"}}), "8.0.2.0");
  EXPECT_EQ(choose_version("8.0.3.0", {"9.1.0.0", {}}), "8.0.3.0");
}

TEST(Versions, AreFoundBesideOtherNamespaces) {
  const auto versions = parse_service_versions(
      "<?xml version=\"1.0\"?>\n<namespaces version=\"1.0\">\n <namespace><name>urn:vim2</name>"
      "<version>2.5</version></namespace>\n<namespace>\n <name> urn:vim25 </name><version>\n7.0"
      "</version><priorVersions><version>6.7.3</version><version>junk</version></priorVersions>"
      "</namespace></namespaces>",
      "urn:vim25");
  ASSERT_TRUE(versions);
  EXPECT_EQ(versions->newest, "7.0");
  EXPECT_EQ(versions->prior, std::vector<std::string>{"6.7.3"});
}

TEST(Versions, OfNonsenseAreNone) {
  for (const auto* text : {"", "<namespace>", "<namespace></namespace>", "<html>404</html>",
                           "<namespace><name>urn:vim25</name></namespace>",
                           "<namespace><name>urn:vim25</name><version>new</version></namespace>",
                           "<namespace><name>urn:vim25</name><version>8.0</version>"}) {
    const auto versions = parse_service_versions(text, "urn:vim25");
    ASSERT_FALSE(versions) << text;
    EXPECT_EQ(versions.error().code, Errno{EIO});
  }
}

TEST(Thumbprint, IsNormalised) {
  EXPECT_EQ(http::normal_thumbprint("0a1b2c3d4e5f60718293a4b5c6d7e8f900112233"), kSha1);
  EXPECT_EQ(http::normal_thumbprint("0a 1b 2c:3d4E5f60718293a4b5c6d7e8f900112233"), kSha1);
  for (const auto* bad : {"", "0a", "zz1b2c3d4e5f60718293a4b5c6d7e8f900112233",
                          "0a1b2c3d4e5f60718293a4b5c6d7e8f90011223344"}) {
    EXPECT_FALSE(http::normal_thumbprint(bad)) << bad;
  }
}

TEST(KnownHosts, TakesTheLinesOfThisServer) {
  const auto known = [](const std::string& lines, const std::string& host, int port) {
    http::KnownHosts hosts;
    hosts.add_lines(lines, host, port);
    return hosts.contains(kSha1);
  };
  EXPECT_TRUE(known("vc.example " + kSha1, "vc.example", 443));
  EXPECT_TRUE(known("VC.example:443 " + kSha1 + "\r\n", "vc.example", 443));
  EXPECT_TRUE(known("# x\n\nvc:8443 " + kSha1 + "\nother AA", "vc", 8443));
  EXPECT_TRUE(known("[fd00::1]:443 " + kSha1, "fd00::1", 443));
  EXPECT_TRUE(known("fd00::1 " + kSha1, "fd00::1", 443));
  EXPECT_FALSE(known("vc.example " + kSha1, "vc.example", 8443));
  EXPECT_FALSE(known("vc.example:8443 " + kSha1, "vc.example", 443));
  EXPECT_FALSE(known("vc.example.org " + kSha1, "vc.example", 443));
  EXPECT_FALSE(known("vc.example  " + kSha1, "vc.example", 443));
  EXPECT_FALSE(known("vc.example:x " + kSha1, "vc.example", 443));
  EXPECT_FALSE(known("vc.example 00:" + kSha1, "vc.example", 443));
}

TEST(KnownHosts, TheLastLineOfAServerReplacesTheOthers) {
  http::KnownHosts hosts;
  hosts.add_lines("vc " + kSha1 + "\n", "vc", 443);
  EXPECT_TRUE(hosts.contains(kSha1));
  const std::string next = "FF" + kSha1.substr(2);
  hosts.add_lines("other 00\nVC:443 " + next + "\nvc:8443 " + kSha1 + "\n", "vc", 443);
  EXPECT_FALSE(hosts.contains(kSha1));
  EXPECT_TRUE(hosts.contains(next));
  hosts.add_lines("vc ", "vc", 443);
  EXPECT_TRUE(hosts.empty());
}

TEST(SessionCookie, IsKeptAsItCame) {
  EXPECT_EQ(session_cookie({"a=b", "vmware_soap_session=\"x;y\"; Path=/; HttpOnly"}),
            "vmware_soap_session=\"x");  // a value ends at the first semicolon, quoted or not
  EXPECT_EQ(session_cookie({"vmware_soap_session=\"7b2c\"; Path=/; HttpOnly; Secure;"}),
            "vmware_soap_session=\"7b2c\"");
  EXPECT_EQ(session_cookie({"vmware_soap_session=52-aa; HttpOnly"}), "vmware_soap_session=52-aa");
  EXPECT_EQ(session_cookie({"other=1"}), "");
  EXPECT_EQ(bare_cookie_value("vmware_soap_session=\"7b2c\""), "7b2c");
  EXPECT_EQ(bare_cookie_value("vmware_soap_session=52-aa="), "52-aa=");
  EXPECT_EQ(bare_cookie_value(""), "");
}

TEST(ServerName, IsWrittenForUrlsAndWords) {
  EXPECT_EQ(http::https_origin("vc.example", 443), "https://vc.example:443");
  EXPECT_EQ(http::https_origin("fd00::1", 8443), "https://[fd00::1]:8443");
  EXPECT_EQ(http::https_origin("fe80::1%eth0", 443), "https://[fe80::1%25eth0]:443");
  EXPECT_EQ(http::host_and_port("fd00::1", 443), "[fd00::1]:443");
  EXPECT_TRUE(http::is_plain_host("vc-1.example_x"));
  EXPECT_FALSE(http::is_plain_host("vc%41"));
  EXPECT_FALSE(http::is_plain_host(std::string(300, 'a')));
}

}  // namespace
}  // namespace vtpmfs::vsphere
