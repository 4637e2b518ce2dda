// The captured-like messages beside the repository: each is read, written again and compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "tests/unit/soap/messages.h"
#include "vsphere/fault.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

namespace stdfs = std::filesystem;

const stdfs::path kExamples = stdfs::path(VTPMFS_SOURCE_DIR) / "../shared/examples";

std::string content_of(const stdfs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<stdfs::path> examples() {
  std::vector<stdfs::path> files;
  for (const auto& entry : stdfs::directory_iterator(kExamples)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What a body says, without the liberties of XML: local names, the attributes type and xsi:type and
// the texts, in their order. The body's own name is the first.
std::vector<std::string> gist(const std::string& xml) {
  static const std::regex token(R"(<(/?)(?:[\w-]+:)?(\w+)([^>]*?)(/?)>([^<]*))");
  static const std::regex type_of(R"re((\w+:)?type="(?:\w+:)?([^"]*)")re");
  std::vector<std::string> gist;
  bool inside = false;
  for (std::sregex_iterator it(xml.begin(), xml.end(), token), end; it != end; ++it) {
    const auto& match = *it;
    if (match[2] == "Body") {
      inside = match[1].length() == 0;
      continue;
    }
    if (!inside) continue;
    std::string line = match[1].str() + match[2].str();
    const std::string attributes = match[3];
    std::vector<std::string> types;
    for (std::sregex_iterator at(attributes.begin(), attributes.end(), type_of), last; at != last;
         ++at) {
      // The writer puts this type on all references; it says nothing new.
      if ((*at)[2] != "ManagedObjectReference") types.push_back((*at)[1].str() + (*at)[2].str());
    }
    std::sort(types.begin(), types.end());
    for (const auto& type : types) line += " " + type;
    const std::string text = std::regex_replace(match[5].str(), std::regex(R"(^\s+|\s+$)"), "");
    gist.push_back(text.empty() ? line : line + " = " + text);
    if (match[4].length() != 0) gist.push_back("/" + match[2].str());
  }
  return gist;
}

class Examples : public testing::Test {
 protected:
  void SetUp() override {
    if (!stdfs::is_directory(kExamples)) GTEST_SKIP() << "no example messages at " << kExamples;
  }
};

TEST_F(Examples, AreAllReadAndWrittenAgainWithNothingLost) {
  int read = 0;
  int faults = 0;
  for (const auto& path : examples()) {
    SCOPED_TRACE(path.filename());
    const auto xml = content_of(path);
    const auto name = peek_operation(xml);
    ASSERT_TRUE(name) << name.error().words;
    if (name->name == "Fault") {
      ++faults;
      continue;
    }
    int kinds = 0;
    test::for_each_message([&]<class T>(T*) {
      if (wire_name<T>().local != name->name) return;
      ++kinds;
      const auto message = read_message<T>(xml);
      ASSERT_TRUE(message) << message.error().words;
      const auto again = write_message({}, **message);
      ASSERT_TRUE(again) << again.error().words;
      EXPECT_EQ(gist(xml), gist(*again));
    });
    EXPECT_EQ(kinds, 1) << name->name << " is not in the schema";
    read += kinds;
  }
  EXPECT_EQ(read + faults, 74);
  EXPECT_EQ(faults, 9);
}

TEST_F(Examples, FaultsKeepTheirTypeAndText) {
  for (const auto& path : examples()) {
    const auto xml = content_of(path);
    if (peek_operation(xml).value().name != "Fault") continue;
    SCOPED_TRACE(path.filename());
    const auto answer = read_message<_vim25__LoginResponse>(xml);
    ASSERT_FALSE(answer);
    ASSERT_NE(answer.error().fault, nullptr);
    // The file's name tells the type, except where it tells what the element's type is derived
    // from.
    const std::string type = answer.error().fault->type;
    const std::string stem = path.stem();
    const std::string expected = stem.substr(stem.rfind("fault-") + 6);
    if (expected == "FileFault-subtype") {
      EXPECT_EQ(type, "FileNotFound");
    } else if (expected == "RuntimeFault-subtype") {
      EXPECT_EQ(type, "RequestCanceled");
    } else {
      EXPECT_EQ(type, expected);
    }
    EXPECT_NE(xml.find("<faultstring>" + answer.error().fault->message + "</faultstring>"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace vtpmfs::vsphere
