#include "fs/daemon/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace vtpmfs::fs {
namespace {

class PasswordFile : public testing::Test {
 protected:
  PasswordFile() {
    char name[] = "/tmp/vtpmfs-credentials-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~PasswordFile() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& content, mode_t mode) {
    const std::string path = directory_ + "/password";
    std::ofstream(path, std::ios::binary) << content;
    chmod(path.c_str(), mode);
    return path;
  }

  std::string directory_;
};

TEST_F(PasswordFile, IsReadWithoutItsNewline) {
  EXPECT_EQ(read_password_file(write("s3cret\n", 0600)), "s3cret");
  EXPECT_EQ(read_password_file(write(" two words \r\n", 0400)), " two words ");
}

TEST_F(PasswordFile, ThatOthersCanReadIsRefused) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0601}) {
    const auto password = read_password_file(write("s3cret\n", mode));
    ASSERT_FALSE(password) << mode;
    EXPECT_EQ(password.error().code, Errno{EACCES});
    EXPECT_EQ(password.error().words.find("s3cret"), std::string::npos);
  }
}

TEST_F(PasswordFile, MustBeAFileWithAPassword) {
  EXPECT_EQ(read_password_file(write("", 0600)).error().code, Errno{EINVAL});
  EXPECT_EQ(read_password_file(write(std::string(5000, 'x'), 0600)).error().code, Errno{EFBIG});
  EXPECT_EQ(read_password_file(directory_).error().code, Errno{EACCES});
  EXPECT_EQ(read_password_file(directory_ + "/absent").error().code, Errno{ENOENT});
}

TEST_F(PasswordFile, IsReadAnewAtEachLogin) {
  Options options;
  options.password_file = write("old\n", 0600);
  const auto password =
      find_password(options, [](const char*) { return std::optional<std::string>(); });
  ASSERT_TRUE(password);
  EXPECT_EQ((*password)(), "old");
  write("new\n", 0600);
  EXPECT_EQ((*password)(), "new");
}

TEST_F(PasswordFile, SystemdCredentialComesBeforeTheEnvironment) {
  write("from-systemd\n", 0440);
  Options options;
  const auto password =
      find_password(options, [this](const char* name) -> std::optional<std::string> {
        if (std::string(name) == "CREDENTIALS_DIRECTORY") return directory_;
        if (std::string(name) == "GOVC_PASSWORD") return "from-environment";
        return std::nullopt;
      });
  ASSERT_TRUE(password);
  EXPECT_EQ((*password)(), "from-systemd");
}

Result<std::string> password_of(const std::string& govc_password) {
  const auto password =
      find_password(Options(), [&](const char* name) -> std::optional<std::string> {
        if (std::string(name) == "GOVC_PASSWORD") return govc_password;
        return std::nullopt;
      });
  if (!password) return fail(password.error());
  return (*password)();
}

TEST_F(PasswordFile, EnvironmentMayNameAFileAsInGovc) {
  EXPECT_EQ(password_of("plain"), "plain");
  EXPECT_EQ(password_of("/no/such/file"), "/no/such/file");
  EXPECT_EQ(password_of(directory_), directory_);
  EXPECT_EQ(password_of(write(" in a file \n\n", 0600)), "in a file");
}

TEST_F(PasswordFile, EnvironmentMayNameAPipeAsInGovc) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "piped\n", 6), 6);
  close(ends[1]);
  EXPECT_EQ(password_of("/dev/fd/" + std::to_string(ends[0])), "piped");
  close(ends[0]);
}

TEST_F(PasswordFile, OfTheEnvironmentWithoutAPasswordIsRefused) {
  EXPECT_EQ(password_of(write(" \n", 0600)).error().code, Errno{EINVAL});
  EXPECT_EQ(password_of(write(std::string(5000, 'x'), 0600)).error().code, Errno{EFBIG});
}

/// What another user sees of a private file.
TEST_F(PasswordFile, OfTheEnvironmentThatMustNotBeReadIsRefused) {
  const std::string path = write("s3cret\n", 0000);
  const bool root = geteuid() == 0;
  chmod(directory_.c_str(), 0755);
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const auto password = password_of(path);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error().code, Errno{EACCES});
  EXPECT_NE(password.error().words.find("GOVC_PASSWORD: " + path), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::fs
