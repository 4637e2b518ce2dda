// .vtpmfs/metrics, by the rules of the format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "fs/status/mount_facts.h"

namespace vtpmfs::fs {
namespace {

using ::testing::HasSubstr;

TEST(MetricsText, EachFamilyIsToldOnceAndNamedAsItsTypeWants) {
  MountFacts facts;
  facts.traffic.methods["Login"] = {2, 1};
  facts.restores.by_end["done"] = 3;
  std::istringstream lines(metrics_text(facts));
  std::set<std::string> families;
  std::string family, line;
  while (std::getline(lines, line)) {
    if (line.rfind("# HELP ", 0) == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << line;
    } else if (line.rfind("# TYPE ", 0) == 0) {
      const bool counter = line == "# TYPE " + family + " counter";
      EXPECT_TRUE(counter || line == "# TYPE " + family + " gauge") << line;
      EXPECT_EQ(family.ends_with("_total"), counter) << line;
    } else {
      EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), family) << line;
    }
  }
  EXPECT_GT(families.size(), 30U);
}

TEST(MetricsText, CountsByMethodAndEnd) {
  MountFacts facts;
  facts.traffic.methods["Login"] = {2, 1};
  facts.restores.by_end["left-behind"] = 3;
  facts.requests.of[static_cast<size_t>(kernel::Operation::read)] = {7, 4};
  const std::string text = metrics_text(facts);
  EXPECT_THAT(text, HasSubstr("\nvtpmfs_soap_calls_total{method=\"Login\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nvtpmfs_soap_errors_total{method=\"Login\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nvtpmfs_restores_total{end=\"left-behind\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nvtpmfs_kernel_requests_total{operation=\"read\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("\nvtpmfs_kernel_errors_total{operation=\"read\"} 4\n"));
}

TEST(MetricsText, ALabelCannotBreakOutOfItsQuotes) {
  MountFacts facts;
  facts.server.host = "a\"b\\c\nd";
  EXPECT_THAT(metrics_text(facts), HasSubstr("host=\"a\\\"b\\\\c\\nd\""));
}

}  // namespace
}  // namespace vtpmfs::fs
