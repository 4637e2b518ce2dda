#include "fs/options/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>

#include "fs/options/command_line.h"
#include "tests/unit/environment_of.h"

namespace vtpmfs::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Settings in a file of their own, and a command line that is read with them.
class ConfigFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string directory = ::testing::TempDir() + "vtpmfs-config-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    directory_ = directory;
    path_ = directory + "/lab.conf";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text, mode_t mode = 0644) {
    std::ofstream(path_) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  Result<Options> read(std::vector<std::string> words,
                       std::map<std::string, std::string> with = {}) {
    words.insert(words.end(), {"--config", path_});
    return read_command_line(words, environment_of(std::move(with)));
  }

  /// The line that a wrong file gives.
  std::string refusal(const std::string& text) {
    write(text);
    const auto options = read({"u@vc", "/m"});
    EXPECT_FALSE(options) << text;
    if (options) return "";
    EXPECT_EQ(options.error().code, Errno{EINVAL});
    EXPECT_THAT(options.error().words, HasSubstr(path_));
    return options.error().words;
  }

  std::string directory_, path_;
};

TEST_F(ConfigFileTest, NamesTheMountWhereTheCommandLineDoesNot) {
  write(
      "server = \"vc.example.com:8443\"\nuser = \"backup@vsphere.local\"\nmount-point = "
      "\"/mnt/vc\"\n");
  const auto options = read({});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->host, "vc.example.com");
  EXPECT_EQ(options->port, 8443);
  EXPECT_EQ(options->user, "backup@vsphere.local");
  EXPECT_EQ(options->mount_point, "/mnt/vc");

  const auto other = read({"me@other", "/m"});
  ASSERT_TRUE(other) << other.error().words;
  EXPECT_EQ(other->host, "other");
  EXPECT_EQ(other->user, "me");
  EXPECT_EQ(other->mount_point, "/m");
}

TEST_F(ConfigFileTest, OptionsComeFirstThenTheEnvironmentThenTheFile) {
  write(
      "timeout = \"5s\"\nvms = \"all\"\nca-file = [\"/file.pem\", \"/more.pem\"]\nuser = "
      "\"file\"\n");
  const auto file = read({"vc", "/m"});
  ASSERT_TRUE(file) << file.error().words;
  EXPECT_EQ(file->timeout, std::chrono::seconds(5));
  EXPECT_EQ(file->vms, cache::VmFilter::all);
  EXPECT_THAT(file->tls.ca_files, ElementsAre("/file.pem", "/more.pem"));
  EXPECT_EQ(file->user, "file");

  const auto environment =
      read({"vc", "/m"}, {{"GOVC_TLS_CA_CERTS", "/env.pem"}, {"GOVC_USERNAME", "env"}});
  ASSERT_TRUE(environment) << environment.error().words;
  EXPECT_THAT(environment->tls.ca_files, ElementsAre("/env.pem"));
  EXPECT_EQ(environment->user, "env");

  const auto line = read({"vc", "/m", "--ca-file", "/line.pem", "-o", "timeout=7,user=line"},
                         {{"GOVC_TLS_CA_CERTS", "/env.pem"}, {"GOVC_USERNAME", "env"}});
  ASSERT_TRUE(line) << line.error().words;
  EXPECT_THAT(line->tls.ca_files, ElementsAre("/line.pem"));
  EXPECT_EQ(line->timeout, std::chrono::seconds(7));
  EXPECT_EQ(line->user, "line");
}

TEST_F(ConfigFileTest, ATableCountsForItsVCenterAloneAndComesFirst) {
  write(
      "timeout = \"5s\"\npin = \"9s\"\n[vc.example.com]\ntimeout = \"6s\"\n"
      "[\"other.example.com:8443\"]\ntimeout = \"7s\"\nro = true\n");
  const auto one = read({"u@VC.example.com", "/m"});
  ASSERT_TRUE(one) << one.error().words;
  EXPECT_EQ(one->timeout, std::chrono::seconds(6));
  EXPECT_EQ(one->pin, std::chrono::seconds(9));
  EXPECT_FALSE(one->read_only);

  const auto other = read({"u@other.example.com:8443", "/m"});
  ASSERT_TRUE(other) << other.error().words;
  EXPECT_EQ(other->timeout, std::chrono::seconds(7));
  EXPECT_TRUE(other->read_only);

  const auto another_port = read({"u@other.example.com", "/m"});
  ASSERT_TRUE(another_port) << another_port.error().words;
  EXPECT_EQ(another_port->timeout, std::chrono::seconds(5));
}

TEST_F(ConfigFileTest, InsecureDoesNotUndoTrustThatWasAskedFor) {
  write("insecure = true\n");
  const auto insecure = read({"u@vc", "/m"});
  ASSERT_TRUE(insecure) << insecure.error().words;
  EXPECT_TRUE(insecure->tls.insecure);
  const auto trusting = read({"u@vc", "/m", "--ca-file", "/ca.pem"});
  ASSERT_TRUE(trusting) << trusting.error().words;
  EXPECT_FALSE(trusting->tls.insecure);
}

TEST_F(ConfigFileTest, ASwitchMayBeOff) {
  write("ro = false\nallow_other = true\n");
  const auto options = read({"u@vc", "/m"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_FALSE(options->read_only);
  EXPECT_TRUE(options->allow_other);
}

TEST_F(ConfigFileTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(refusal("tiemout = \"5s\"\n"), HasSubstr("tiemout: no such setting"));
  EXPECT_THAT(refusal("help = true\n"), HasSubstr("help: no such setting"));
  EXPECT_THAT(refusal("timeout = \"soon\"\n"), HasSubstr("timeout: "));
  EXPECT_THAT(refusal("ro = \"perhaps\"\n"), HasSubstr("ro: true or false"));
  EXPECT_THAT(refusal("password = \"geheim\"\n"), HasSubstr("password-file"));
  EXPECT_THAT(refusal("restore-policy = \"a # b\"\n"), HasSubstr("the quotes are not closed"));
  EXPECT_THAT(refusal("mount-point = \"here\"\nserver = \"vc\"\n[vc]\nserver = \"x\"\n"),
              HasSubstr("server: no such setting"));
}

TEST_F(ConfigFileTest, APasswordInTheServersAddressIsRefusedAndNotRepeated) {
  write("server = \"u:geheim@vc\"\nmount-point = \"/m\"\n");
  const auto options = read({});
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error().words, HasSubstr("password-file"));
  EXPECT_THAT(options.error().words, Not(HasSubstr("geheim")));
}

TEST_F(ConfigFileTest, AFileThatOthersCanWriteIsRefused) {
  write("ro = true\n", 0666);
  const auto options = read({"u@vc", "/m"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, Errno{EACCES});
  EXPECT_THAT(options.error().words, HasSubstr("chmod go-w"));
}

TEST_F(ConfigFileTest, AFileThatWasNamedMustBeThere) {
  const auto options = read({"u@vc", "/m"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, Errno{ENOENT});
  Options none;
  EXPECT_TRUE(apply_config_file(path_, true, none));
}

TEST_F(ConfigFileTest, WhereItIsLookedFor) {
  EXPECT_EQ(default_config_file(environment_of({{"HOME", "/root"}}), true), "/etc/vtpmfs.conf");
  EXPECT_EQ(default_config_file(environment_of({{"HOME", "/home/me"}}), false),
            "/home/me/.config/vtpmfs.conf");
  EXPECT_EQ(
      default_config_file(environment_of({{"HOME", "/home/me"}, {"XDG_CONFIG_HOME", "/c"}}), false),
      "/c/vtpmfs.conf");
  EXPECT_EQ(default_config_file(environment_of({}), false), std::nullopt);
  EXPECT_EQ(default_config_file(environment_of({{"VTPMFS_CONFIG", "/x"}}), true), "/x");
  EXPECT_EQ(default_config_file(environment_of({{"VTPMFS_CONFIG", ""}}), true), std::nullopt);
}

TEST_F(ConfigFileTest, WhatIsPrintedIsReadAgain) {
  write("vms = \"all\"\nca-file = [\"/a.pem\", \"/b.pem\"]\nrestore-network = \"VLAN 10=Here\"\n");
  const auto options = read({"u@vc:8443", "/m", "--ro", "--print-config"});
  ASSERT_TRUE(options) << options.error().words;
  const std::string text = render_config(*options, "somewhere");
  EXPECT_THAT(text, HasSubstr("ro = true  # the command line\n"));
  EXPECT_THAT(text, HasSubstr("vms = \"all\"  # " + path_ + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("print-config")));
  write(text);
  const auto again = read({"/m"});
  ASSERT_TRUE(again) << again.error().words;
  EXPECT_EQ(again->host, "vc");
  EXPECT_EQ(again->port, 8443);
  EXPECT_EQ(again->user, "u");
  EXPECT_TRUE(again->read_only);
  EXPECT_EQ(again->vms, cache::VmFilter::all);
  EXPECT_THAT(again->tls.ca_files, ElementsAre("/a.pem", "/b.pem"));
  EXPECT_EQ(again->restore.placement.networks.at("VLAN 10"), "Here");
}

}  // namespace
}  // namespace vtpmfs::fs
