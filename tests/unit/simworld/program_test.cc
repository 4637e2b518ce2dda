// The program vcenter-simulator: ten thousand machines, from its start until it says that it is
// ready.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

namespace vtpmfs::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A running simulator in a directory of its own; ended by SIGTERM.
class Program {
 public:
  explicit Program(const char* vms) {
    std::string name = ::testing::TempDir() + "vcenter-XXXXXX";
    directory_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    const std::string ready = ready_file();
    const char* words[] = {"vcenter-simulator", "--vms",       vms,
                           "--ready-file",      ready.c_str(), nullptr};
    started_ = !directory_.empty() && ::posix_spawn(&process_, SIMULATOR_PROGRAM, nullptr, nullptr,
                                                    const_cast<char* const*>(words), environ) == 0;
  }
  ~Program() {
    if (started_) (void)stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] std::string ready_file() const { return directory_ + "/ready.json"; }
  /// False where it ends or the time passes before it is ready.
  bool wait_until_ready(std::chrono::seconds most) {
    const auto deadline = steady_clock::now() + most;
    while (!std::filesystem::exists(ready_file())) {
      int status = 0;
      if (::waitpid(process_, &status, WNOHANG) != 0) {
        started_ = false;
        return false;
      }
      if (steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  /// The exit status.
  int stop() {
    ::kill(process_, SIGTERM);
    int status = 0;
    ::waitpid(process_, &status, 0);
    started_ = false;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  std::string directory_;
  pid_t process_ = -1;
  bool started_ = false;
};

TEST(ProgramTest, TenThousandMachinesAreUpInTime) {
  const auto start = steady_clock::now();
  Program program("10000");
  ASSERT_TRUE(program.started());
  // README.md says what an idle machine takes; this one may be busy.
  ASSERT_TRUE(program.wait_until_ready(std::chrono::seconds(120)));
  const auto time = steady_clock::now() - start;
  RecordProperty("milliseconds", static_cast<int>(time / milliseconds(1)));
  std::ifstream file(program.ready_file());
  const auto ready = nlohmann::json::parse(file);
  EXPECT_EQ(ready.at("url").get<std::string>().rfind("https://127.0.0.1:", 0), 0U);
  EXPECT_EQ(program.stop(), 0);
}

}  // namespace
}  // namespace vtpmfs::simulator
