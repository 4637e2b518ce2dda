// Events: the ring, the operation that they belong to, and the journal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "fs/daemon/journal_sink.h"
#include "fs/daemon/logging.h"
#include "fs/status/event_ring.h"
#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using vsphere::LoggedOperation;

/// As the daemon logs, without the target's lines.
class EventsTest : public ::testing::Test {
 protected:
  EventsTest() {
    Options options;
    options.foreground = true;
    EXPECT_TRUE(start_logging(options));
    spdlog::default_logger()->sinks().front()->set_level(spdlog::level::off);
  }
};

TEST_F(EventsTest, ALineHasTimeLevelOperationAndWords) {
  spdlog::info("plain");
  {
    const LoggedOperation of("vtpmfs-1-7");
    spdlog::warn("of an operation");
  }
  EXPECT_THAT(events_text(),
              MatchesRegex("[-0-9]+T[:0-9]+[.][0-9][0-9][0-9]Z info - plain\n"
                           "[-0-9]+T[:0-9]+[.][0-9][0-9][0-9]Z warning vtpmfs-1-7 of an "
                           "operation\n"));
}

TEST_F(EventsTest, NoServerMakesTwoLinesOfOne) {
  const LoggedOperation of("id\nx");
  spdlog::info("first\nsecond\x7f");
  EXPECT_THAT(events_text(), EndsWith(" info id\\x0ax first\\x0asecond\\x7f\n"));
}

TEST_F(EventsTest, TheLevelOfTheLogChangesNothingAboutWhatIsAnEvent) {
  raise_log_level();
  spdlog::debug("a request");
  raise_log_level();
  raise_log_level();
  const std::string text = events_text();
  EXPECT_THAT(text, HasSubstr("log level: debug\n"));
  EXPECT_THAT(text, EndsWith("log level: info\n"));
  EXPECT_THAT(text, Not(HasSubstr("a request")));
}

TEST(EventRing, KeepsTheNewestAndNeverMoreThanItsBounds) {
  const auto ring = std::make_shared<EventRing>();
  spdlog::logger logger("ring", ring);
  logger.set_pattern("%v");
  logger.info("the first");
  for (size_t i = 1; i < EventRing::kLines; ++i) logger.info("{}", i);
  EXPECT_THAT(ring->text(), HasSubstr("the first\n"));
  logger.info(std::string(EventRing::kLongest - 1, 'x') + "\xc3\xa4" + "end");
  EXPECT_THAT(ring->text(), Not(HasSubstr("the first")));
  EXPECT_THAT(ring->text(), EndsWith("\n" + std::string(EventRing::kLongest - 1, 'x') + "\n"));
  const std::string text = ring->text();
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), EventRing::kLines);
}

TEST(LoggedOperation, BelongsToItsThreadAndNests) {
  EXPECT_EQ(LoggedOperation::current(), "");
  const LoggedOperation outer("outer");
  {
    const LoggedOperation inner("inner");
    EXPECT_EQ(LoggedOperation::current(), "inner");
    std::thread([] { EXPECT_EQ(LoggedOperation::current(), ""); }).join();
  }
  const LoggedOperation none("");
  EXPECT_EQ(LoggedOperation::current(), "outer");
}

TEST(StartLogging, StandardErrorIsForTheForeground) {
  Options options;
  options.log = LogTarget::standard_error;
  const auto started = start_logging(options);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errno{EINVAL});
  EXPECT_THAT(started.error().words, HasSubstr("--log stderr"));
}

TEST(JournalSink, SendsOneDatagramAnEvent) {
  char directory[] = "/tmp/vtpmfs-journal-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/socket";
  EXPECT_EQ(JournalSink::open(path).error().code, Errno{ENOENT});
  const int listening = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  auto sink = JournalSink::open(path);
  ASSERT_TRUE(sink);
  spdlog::logger logger("journal", *sink);
  logger.set_pattern("%v", spdlog::pattern_time_type::local);
  const auto received = [&] {
    char text[1000];
    const ssize_t size = recv(listening, text, sizeof text, 0);
    return std::string(text, size > 0 ? static_cast<size_t>(size) : 0);
  };
  logger.warn("trouble");
  EXPECT_THAT(received(), HasSubstr("MESSAGE=trouble"));
  {
    const LoggedOperation of("vtpmfs-1-7");
    logger.error("worse");
  }
  const std::string text = received();
  EXPECT_THAT(text, HasSubstr("PRIORITY=3\nSYSLOG_IDENTIFIER=vtpmfs\n"));
  EXPECT_THAT(text, EndsWith("VCENTER_OPERATION_ID=vtpmfs-1-7\n"));
  close(listening);
  logger.info("nobody listens");  // and nobody waits
  unlink(path.c_str());
  rmdir(directory);
}

}  // namespace
}  // namespace vtpmfs::fs
