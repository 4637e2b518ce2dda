// The files of .vtpmfs/: one text an open, of the size that was told.
#include "fs/tree/made_file.h"

#include <fcntl.h>

#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

using ::testing::ElementsAre;

class SteppedClock final : public cache::Clock {
 public:
  [[nodiscard]] cache::WallTime now() const override {
    return cache::WallTime(std::chrono::seconds(1'700'000'000)) + passed;
  }
  [[nodiscard]] cache::MonotonicTime monotonic() const override {
    return cache::MonotonicTime(std::chrono::hours(1)) + passed;
  }
  std::chrono::milliseconds passed{0};
};

class MadeFileTest : public TreeTest {
 protected:
  MadeFileTest() {
    tree_.add_root_child(
        {".vtpmfs",
         std::make_shared<MadeDirectory>(
             tree_, ".vtpmfs", std::vector<MadeDirectory::File>{{"a", first_}, {"b", second_}}),
         NodeType::directory, false});
  }
  std::string next_text() { return std::string(static_cast<size_t>(++made_), 'x'); }

  static std::string content(const OpenFilePtr& file, uint64_t offset = 0, size_t size = 1 << 20) {
    const auto bytes = answer_of<Bytes>(
        [&](Answer<Bytes> answer) { file->read(offset, size, {}, std::move(answer)); });
    EXPECT_TRUE(bytes);
    return bytes ? std::string(bytes->view()) : "";
  }

  SteppedClock clock_;
  int made_ = 0;
  std::shared_ptr<MadeFile> first_ =
      std::make_shared<MadeFile>(tree_, clock_, "a", [this] { return next_text(); });
  std::shared_ptr<MadeFile> second_ =
      std::make_shared<MadeFile>(tree_, clock_, "b", [] { return std::string("b"); });
};

TEST_F(MadeFileTest, TheDirectoryIsInNoListingAndHasItsFiles) {
  EXPECT_THAT(names(tree_.root()), ElementsAre("DC0"));
  EXPECT_THAT(names(walk({".vtpmfs"})), ElementsAre("a", "b"));
  EXPECT_TRUE(walk({".vtpmfs", "a"}));
  EXPECT_FALSE(walk({".vtpmfs", "c"}));
  EXPECT_EQ(tree_.root()->attributes()->links, 3U);  // DC0 alone
}

TEST_F(MadeFileTest, TheSizeThatIsToldIsOfTheTextThatTheNextOpenGets) {
  const auto attributes = first_->attributes();
  ASSERT_TRUE(attributes);
  EXPECT_EQ(attributes->size, 1U);
  EXPECT_EQ(attributes->attribute_timeout.count(), 0);
  const auto file = open(first_, O_RDONLY);
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->direct_io());
  EXPECT_EQ(content(*file), "x");
  EXPECT_EQ(content(*file, 1), "");
  EXPECT_EQ(content(*file, 100), "");
}

TEST_F(MadeFileTest, WhoHasItOpenKeepsHisTextAndItsSize) {
  const auto file = open(first_, O_RDONLY);
  ASSERT_TRUE(file);
  clock_.passed += MadeFile::kShared;
  EXPECT_EQ(first_->attributes()->size, 1U);  // fstat
  const auto later = open(first_, O_RDONLY);
  ASSERT_TRUE(later);
  EXPECT_EQ(content(*later), "xx");
  EXPECT_EQ(content(*file), "x");
}

TEST_F(MadeFileTest, ATextOfAMomentAgoIsGivenToOthersToo) {
  EXPECT_EQ(first_->attributes()->size, 1U);
  clock_.passed += MadeFile::kShared - std::chrono::milliseconds(1);
  EXPECT_EQ(content(*open(first_, O_RDONLY)), "x");
  clock_.passed += std::chrono::milliseconds(1);
  const auto attributes = first_->attributes();
  EXPECT_EQ(attributes->size, 2U);
  EXPECT_EQ(attributes->mtime, TimePoint(clock_.now()));
}

TEST_F(MadeFileTest, NobodyWritesIt) {
  EXPECT_EQ(open(first_, O_WRONLY).error().code, Errno{EROFS});
  EXPECT_EQ(open(first_, O_RDONLY | O_TRUNC).error().code, Errno{EROFS});
}

}  // namespace
}  // namespace vtpmfs::fs::testing
