// A staging store in a directory of its own, on a clock of its own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "cache/staging_store.h"

namespace vtpmfs::cache::staging_test {

/// Every look at it is a microsecond later, so that times tell what came first.
class TickingClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override { return now_ += std::chrono::microseconds(1); }
  [[nodiscard]] MonotonicTime monotonic() const override { return {}; }

 private:
  mutable WallTime now_{std::chrono::seconds(1'760'000'000)};
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    // In memory where that is possible: these tests open stores by the thousand, each with an
    // fsync.
    std::string name = "/dev/shm/vtpmfs-staging-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      name = (std::filesystem::temp_directory_path() / "vtpmfs-staging-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    }
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void put_file(const std::string& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// The errno of a result, 0 for none.
template <class T>
int code_of(const Result<T>& result) {
  return result ? 0 : result.error().code.value();
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }

  /// As after a restart of the daemon.
  void reopen(StagingLimits limits = {}) {
    store_.reset();
    auto opened = StagingStore::open(path(), clock_, limits);
    ASSERT_TRUE(opened) << opened.error().words;
    store_ = std::move(*opened);
    const auto root = store_->root("datacenter-2");
    ASSERT_TRUE(root) << root.error().words;
    root_ = *root;
  }
  [[nodiscard]] std::string path() const { return temporary_.path() + "/staging"; }
  [[nodiscard]] std::string index() const { return path() + "/index"; }

  StagedId make(StagedId directory, const std::string& name, bool is_directory) {
    const auto made = store_->create(directory, name, is_directory, 0600, 1000, 1001);
    EXPECT_TRUE(made) << made.error().words;
    return made.value_or(0);
  }
  StagedId make_file(const std::string& name, const std::string& bytes) {
    const StagedId file = make(root_, name, false);
    EXPECT_TRUE(store_->write(file, 0, bytes));
    return file;
  }
  std::string bytes_of(StagedId file) { return store_->read(file, 0, 1U << 20).value_or("?"); }
  [[nodiscard]] size_t data_files() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path() + "/data"))
      ++count;
    return count;
  }

  TemporaryDirectory temporary_;
  TickingClock clock_;
  std::unique_ptr<StagingStore> store_;
  StagedId root_ = 0;
};

}  // namespace vtpmfs::cache::staging_test
