#include "fs/options/command_line.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

#include "tests/unit/environment_of.h"

namespace vtpmfs::fs {
namespace {

Result<Options> read(std::vector<std::string> words,
                     std::map<std::string, std::string> variables = {}) {
  return read_command_line(words, environment_of(std::move(variables)));
}

TEST(CommandLine, ServerUserAndMountPoint) {
  const auto options = read({"https://backup@vc.example.test", "/mnt/vc"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->host, "vc.example.test");
  EXPECT_EQ(options->user, "backup");
  EXPECT_EQ(options->mount_point, "/mnt/vc");
  EXPECT_FALSE(options->tls.insecure);
  EXPECT_FALSE(options->read_only);
  EXPECT_EQ(options->file_permissions(), 0600U);
  EXPECT_EQ(options->directory_permissions(), 0700U);
}

TEST(CommandLine, OptionsMayStandAnywhere) {
  const auto options =
      read({"-f", "u@vc", "--vms", "all", "/m", "-o", "ro,allow_other", "--timeout=5m"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_TRUE(options->foreground);
  EXPECT_TRUE(options->read_only);
  EXPECT_TRUE(options->allow_other);
  EXPECT_EQ(options->vms, cache::VmFilter::all);
  EXPECT_EQ(options->timeout, std::chrono::minutes(5));
}

TEST(CommandLine, ExtraConfigGlobsCountForSavingAndForRestoring) {
  const auto options =
      read({"u@vc", "/m", "--save-extra-config=sched.*", "--save-extra-config", "svga.*"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->save_extra_config, (std::vector<std::string>{"sched.*", "svga.*"}));
  EXPECT_EQ(options->restore.save_extra_config, options->save_extra_config);
}

TEST(CommandLine, MountOptionsAreTheSameWords) {
  const auto options =
      read({"u@vc", "/m", "-o",
            "vms=encrypted,password_file=/etc/p,uid=7,umask=022,state-dir=/s,noexec"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->vms, cache::VmFilter::encrypted);
  EXPECT_EQ(options->password_file, "/etc/p");
  EXPECT_EQ(options->uid, 7U);
  EXPECT_EQ(options->file_permissions(), 0644U);
  EXPECT_EQ(options->directory_permissions(), 0755U);
  EXPECT_EQ(options->state_directory, "/s");
  EXPECT_EQ(options->fuse_options, std::vector<std::string>{"noexec"});
}

TEST(CommandLine, FstabWordsAreIgnored) {
  const auto options =
      read({"u@vc", "/m", "-o", "_netdev,nofail,x-systemd.automount,user,noauto,rw,dev,suid"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_TRUE(options->fuse_options.empty());
}

TEST(CommandLine, AnAccountMayBeAMountOption) {
  const auto options = read({"vc", "/m", "-o", "user=backup,comment=nightly"});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->user, "backup");
}

TEST(CommandLine, AutoUnmountIsRefused) {
  const auto options = read({"u@vc", "/m", "-o", "auto_unmount"});
  ASSERT_FALSE(options);
  EXPECT_NE(options.error().words.find("auto_unmount"), std::string::npos);
}

TEST(CommandLine, PasswordsInArgumentsAreRefused) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"u:s3cret@vc", "/m"},
                                                {"u@vc", "/m", "--password", "s3cret"},
                                                {"u@vc", "/m", "--password=s3cret"},
                                                {"u@vc", "/m", "-o", "password=s3cret"}}) {
    const auto options = read(words);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().words.find("s3cret"), std::string::npos) << options.error().words;
    EXPECT_NE(options.error().words.find("password"), std::string::npos);
  }
}

TEST(CommandLine, GovcEnvironment) {
  const auto options =
      read({"/m"}, {{"GOVC_URL", "https://u%40d:pw@vc:8443/sdk"}, {"GOVC_INSECURE", "true"}});
  ASSERT_TRUE(options) << options.error().words;
  EXPECT_EQ(options->host, "vc");
  EXPECT_EQ(options->port, 8443);
  EXPECT_EQ(options->user, "u@d");
  EXPECT_TRUE(options->tls.insecure);
  EXPECT_EQ(govc_password(environment_of({{"GOVC_URL", "https://u%40d:pw@vc:8443"}}), *options),
            "pw");
}

TEST(CommandLine, UsernameVariableOverridesTheUrl) {
  const auto options = read({"/m"}, {{"GOVC_URL", "a@vc"}, {"GOVC_USERNAME", "b"}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->user, "b");
  const auto explicit_user = read({"c@vc", "/m"}, {{"GOVC_URL", "a@vc"}, {"GOVC_USERNAME", "b"}});
  ASSERT_TRUE(explicit_user);
  EXPECT_EQ(explicit_user->user, "c");
}

TEST(CommandLine, AnotherServersAccountIsNotTaken) {
  const auto options = read({"other", "/m"}, {{"GOVC_URL", "a@vc"}});
  ASSERT_FALSE(options);
  EXPECT_NE(options.error().words.find("no account"), std::string::npos);
}

TEST(CommandLine, AnotherServersOrAccountsPasswordIsNotTaken) {
  using Variables = std::map<std::string, std::string>;
  const auto password = [](std::vector<std::string> words, const Variables& variables) {
    const auto options = read(std::move(words), variables);
    EXPECT_TRUE(options) << options.error().words;
    const auto found = govc_password(environment_of(variables), *options);
    EXPECT_TRUE(found) << found.error().words;
    return *found;
  };
  const Variables url{{"GOVC_URL", "https://alice:pw@prod"}};
  EXPECT_EQ(password({"alice@lab", "/m"}, url), std::nullopt);
  EXPECT_EQ(password({"alice@prod:8443", "/m"}, url), std::nullopt);
  EXPECT_EQ(password({"--user", "bob", "/m"}, url), std::nullopt);
  EXPECT_EQ(password({"alice@PROD", "/m"}, url), "pw");
  EXPECT_EQ(password({"/m"}, url), "pw");
  const Variables renamed{{"GOVC_URL", "https://alice:pw@prod"}, {"GOVC_USERNAME", "bob"}};
  EXPECT_EQ(password({"/m"}, renamed), "pw");
  EXPECT_EQ(password({"carol@prod", "/m"}, renamed), std::nullopt);
  EXPECT_EQ(password({"/m"}, {{"GOVC_URL", "https://prod"}, {"GOVC_USERNAME", "bob"}}),
            std::nullopt);
}

TEST(CommandLine, AnAccountOfTheSameHostAtAnotherPortIsNotTaken) {
  EXPECT_FALSE(read({"vc:8443", "/m"}, {{"GOVC_URL", "a@vc"}}));
}

TEST(CommandLine, InsecureIsWhatGovcTakesForIt) {
  for (const char* yes : {"1", "true", "TRUE"})
    EXPECT_TRUE(read({"u@vc", "/m"}, {{"GOVC_INSECURE", yes}})->tls.insecure) << yes;
  for (const char* no : {"0", "false", "t", "yes", "no", "off"}) {
    const auto options = read({"u@vc", "/m"}, {{"GOVC_INSECURE", no}});
    ASSERT_TRUE(options) << no << options.error().words;
    EXPECT_FALSE(options->tls.insecure) << no;
  }
}

TEST(CommandLine, ExplicitTrustOverridesGovcInsecure) {
  const auto pinned =
      read({"u@vc", "/m", "--thumbprint", std::string(64, 'a')}, {{"GOVC_INSECURE", "1"}});
  ASSERT_TRUE(pinned) << pinned.error().words;
  EXPECT_FALSE(pinned->tls.insecure);
  EXPECT_EQ(pinned->tls.thumbprint->substr(0, 5), "AA:AA");
  const auto with_ca = read({"u@vc", "/m", "--ca-file", "/ca.pem"}, {{"GOVC_INSECURE", "1"}});
  ASSERT_TRUE(with_ca);
  EXPECT_FALSE(with_ca->tls.insecure);
}

TEST(CommandLine, Refusals) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"vc", "/m"},
                                                {"u@vc", "/m", "extra"},
                                                {"u@vc", "/m", "--nonsense"},
                                                {"u@vc", "/m", "--vms", "some"},
                                                {"u@vc", "/m", "--timeout", "soon"},
                                                {"u@vc", "/m", "--timeout", "0"},
                                                {"u@vc", "/m", "--nvram-poll", "0s"},
                                                {"u@vc", "/m", "--thumbprint", "AB"},
                                                {"u@vc", "/m", "-o", "nonsense=1"},
                                                {"u@vc", "/m", "-o", "ro=1"},
                                                {"u@vc", "/m", "-o", "vms"},
                                                {"u@vc", "/m", "--nvram-max", "99999999999G"},
                                                {"u@vc", "/m", "--umask", "9"}}) {
    const auto options = read(words);
    ASSERT_FALSE(options) << (words.empty() ? "" : words.back());
    EXPECT_EQ(options.error().code, Errno{EINVAL});
    EXPECT_FALSE(options.error().words.empty());
  }
}

TEST(CommandLine, HelpNamesEveryOption) {
  const std::string help = help_text();
  for (const char* name : {"--password-file", "--ca-file", "--thumbprint", "--insecure", "--vms",
                           "--state-dir", "-f, --foreground"})
    EXPECT_NE(help.find(name), std::string::npos) << name;
  EXPECT_EQ(help.find("--password "), std::string::npos);
  EXPECT_TRUE(read({"--help"})->show_help);
  EXPECT_TRUE(read({"-V"})->show_version);
}

}  // namespace
}  // namespace vtpmfs::fs
