#include "fs/options/server_address.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace vtpmfs::fs {
namespace {

TEST(ServerAddress, PlainHost) {
  const auto address = parse_server_address("vc.example.test");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "vc.example.test");
  EXPECT_EQ(address->port, 443);
  EXPECT_FALSE(address->user);
}

TEST(ServerAddress, AccountWithAnAtSign) {
  const auto address = parse_server_address("administrator@vsphere.local@vc.example.test:8443");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->user, "administrator@vsphere.local");
  EXPECT_EQ(address->host, "vc.example.test");
  EXPECT_EQ(address->port, 8443);
}

TEST(ServerAddress, GovcUrlWithEscapes) {
  const auto address = parse_server_address("https://administrator%40vsphere.local:p%3Aw@vc/sdk");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->user, "administrator@vsphere.local");
  EXPECT_EQ(address->password, "p:w");
  EXPECT_EQ(address->host, "vc");
}

TEST(ServerAddress, Ipv6) {
  EXPECT_EQ(parse_server_address("u@[::1]:444")->host, "::1");
  EXPECT_EQ(parse_server_address("u@[::1]:444")->port, 444);
  EXPECT_EQ(parse_server_address("fe80::1")->host, "fe80::1");
}

TEST(ServerAddress, Refusals) {
  for (const char* bad : {"", "http://vc", "vc:0", "vc:65536", "vc:x", "u@", "https:///sdk",
                          "vc/other", "[::1", "[::1]x", "v c"}) {
    const auto address = parse_server_address(bad);
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().code, Errno{EINVAL}) << bad;
  }
}

TEST(ServerAddress, ErrorsNeverRepeatThePassword) {
  const auto address = parse_server_address("https://user:s3cret@v c/sdk");
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().words.find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::fs
