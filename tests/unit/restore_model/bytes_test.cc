// The bytes of one staged file against a buffer in memory, as fsx does: random writes, appends,
// cuts and reads through several handles and by path, with renames and remounts in between.
#include <fcntl.h>

#include <iostream>
#include <optional>
#include <random>

#include "tests/unit/restore_model/shrink.h"
#include "tests/unit/restore_tree/restore_fixture.h"

namespace vtpmfs::fs::restore_model {
namespace {

constexpr size_t kLargest = 300'000;

struct Step {
  enum Kind { write, append, cut, cut_path, read, reopen, move, remount, last };
  unsigned kind = 0, offset = 0, size = 0;
};

std::string line_of(const Step& step) {
  constexpr const char* kNames[] = {"write", "append", "cut",  "cut by path",
                                    "read",  "reopen", "move", "remount"};
  return std::string(kNames[step.kind]) + " at " + std::to_string(step.offset) + " size " +
         std::to_string(step.size);
}

class File : private restore_test::RestoreWorld {
 public:
  File() {
    EXPECT_EQ(mkdir("a"), 0);
    EXPECT_EQ(put("a/f", ""), 0);
    reopen();
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    handle_ = nullptr;
    appending_ = nullptr;
  }

  /// What differs after the step; empty: nothing.
  std::string run(const Step& step, unsigned number) {
    switch (step.kind) {
      case Step::write:
        return wrote(write(handle_, step.offset, bytes_of(step, number)), step.offset,
                     bytes_of(step, number));
      case Step::append:
        // The kernel may know an older size.
        return wrote(write(appending_, std::min<uint64_t>(step.offset, model_.size()),
                           bytes_of(step, number)),
                     model_.size(), bytes_of(step, number));
      case Step::cut:
      case Step::cut_path:
        model_.resize(step.offset);
        if (truncate(name_, step.offset, step.kind == Step::cut ? handle_ : nullptr) != 0)
          return "it was not cut";
        break;
      case Step::read: {
        restore_test::Reply<Bytes> reply;
        handle_->read(step.offset, step.size, caller_, reply.take());
        const auto bytes = reply.value();
        if (!bytes) return "it was not read";
        return bytes->view() == part(step.offset, step.size) ? "" : "other bytes were read";
      }
      case Step::reopen:
        reopen();
        break;
      case Step::move: {
        const std::string to = name_ == "a/f" ? "a/g" : "a/f";
        if (rename(name_, to) != 0) return "it was not renamed";
        name_ = to;
        break;
      }
      case Step::remount:
        handle_ = nullptr;
        appending_ = nullptr;
        RestoreWorld::open();
        reopen();
        break;
      default:
        break;
    }
    return size() == model_.size() ? "" : "another size";
  }
  std::string whole() {
    restore_test::Reply<Bytes> reply;
    handle_->read(0, 2 * kLargest, caller_, reply.take());
    const auto bytes = reply.value();
    return bytes && bytes->view() == model_ ? "" : "other bytes at the end";
  }

 private:
  static std::string bytes_of(const Step& step, unsigned number) {
    std::string bytes(step.size, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number * 7 + i % 251);
    return bytes;
  }
  [[nodiscard]] std::string part(size_t offset, size_t size) const {
    return offset >= model_.size() ? "" : model_.substr(offset, size);
  }
  std::string wrote(int code, size_t offset, const std::string& bytes) {
    if (code != 0) return "it was not written";
    if (model_.size() < offset + bytes.size()) model_.resize(offset + bytes.size());
    model_.replace(offset, bytes.size(), bytes);
    return size() == model_.size() ? "" : "another size";
  }
  size_t size() { return node(name_)->attributes()->size; }
  void reopen() {
    handle_ = *open_file(name_, O_RDWR);
    appending_ = *open_file(name_, O_WRONLY | O_APPEND);
  }

  std::string model_;
  std::string name_ = "a/f";
  OpenFilePtr handle_, appending_;
};

std::optional<Difference> first_difference(const std::vector<Step>& steps) {
  File file;
  for (size_t i = 0; i < steps.size(); ++i) {
    std::string words = file.run(steps[i], static_cast<unsigned>(i));
    if (words.empty() && i + 1 == steps.size()) words = file.whole();
    if (!words.empty()) return Difference{i, words};
  }
  return std::nullopt;
}

void try_seed(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Step> steps(200);
  for (Step& step : steps) {
    step.kind = static_cast<unsigned>(random() % Step::last);
    // Near and far, also across pages.
    step.offset = static_cast<unsigned>(random() % (random() % 2 == 0 ? 10'000 : kLargest));
    step.size = 1 + static_cast<unsigned>(random() % (random() % 4 == 0 ? 140'000 : 5'000));
    if (step.kind == Step::remount && random() % 4 != 0) step.kind = Step::write;
  }
  if (!first_difference(steps)) return;
  steps = shrunk(steps, first_difference);
  const auto difference = first_difference(steps);
  std::string lines;
  for (const Step& step : steps) lines += line_of(step) + "\n";
  FAIL() << "seed " << seed << ", "
         << (difference ? difference->words : std::string("which could not be repeated"))
         << "; the last line of\n"
         << lines;
}

TEST(StagedBytes, AreThoseOfABuffer) {
  const unsigned first_new = std::random_device{}();
  std::cout << "the first of 20 new seeds is " << first_new << std::endl;
  for (unsigned i = 0; i < 40 && !::testing::Test::HasFailure(); ++i)
    try_seed(i < 20 ? i : first_new + i - 20);
}

}  // namespace
}  // namespace vtpmfs::fs::restore_model
