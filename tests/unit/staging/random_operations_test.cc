// The store against the reference model, with random operations. A failure prints its seed and the
// shortest list of operations that was found for it.
#include <optional>
#include <random>

#include "tests/unit/staging/path_model.h"
#include "tests/unit/staging/store_fixture.h"

namespace vtpmfs::cache::staging_test {
namespace {

/// One operation. Which entry it means follows from the model's state when it runs, so that any
/// part of a list of operations is a list of operations.
struct Operation {
  unsigned kind, first, second, value;
};

class Comparison {
 public:
  Comparison() { open(); }

  /// Empty where the store did the same as the model.
  std::string run(const Operation& operation) {
    const std::string parent = some_path(operation.first);
    const std::string name(1, static_cast<char>('a' + operation.value % 4));
    switch (operation.kind % 12) {
      case 0:
      case 1:
      case 2: {
        const bool directory = operation.kind % 12 == 0;
        return same("create " + parent + "/" + name, model_.create(parent, name, directory),
                    code_of(store_->create(id_of(parent), name, directory, 0600, 1, 2)));
      }
      case 3:
        return same("unlink " + parent + "/" + name, model_.unlink(parent, name),
                    code_of(store_->unlink(id_of(parent), name)));
      case 4:
        return same("rmdir " + parent + "/" + name, model_.remove_directory(parent, name),
                    code_of(store_->remove_directory(id_of(parent), name)));
      case 5:
      case 6:
        return rename(operation, parent, name);
      case 7:
        return write(operation, parent);
      case 8:
        return truncate(operation, parent);
      case 9:
        model_.find(parent)->permissions = operation.value & 07777U;
        return same("chmod " + parent, 0,
                    code_of(store_->set_attributes(id_of(parent), operation.value & 07777U, {}, {},
                                                   {}, {})));
      case 10: {
        auto& xattrs = model_.find(parent)->xattrs;
        if (operation.second % 3 == 0) {
          const int expected = xattrs.erase("user." + name) > 0 ? 0 : ENODATA;
          return same("removexattr " + parent, expected,
                      code_of(store_->remove_xattr(id_of(parent), "user." + name)));
        }
        xattrs["user." + name] = std::to_string(operation.value);
        return same("setxattr " + parent, 0,
                    code_of(store_->set_xattr(id_of(parent), "user." + name,
                                              std::to_string(operation.value), 0)));
      }
      default:
        if (operation.value % 8 == 0) open();
        return "";
    }
  }

  /// Empty where both hold the same.
  std::string differences() {
    for (const auto& [path, entry] : model_.entries()) {
      const StagedId id = id_of(path);
      const auto attributes = store_->attributes(id);
      if (!attributes) return path + " is not in the store";
      if (attributes->directory != entry->directory) return path + ": another type";
      if (!path.empty() && attributes->permissions != entry->permissions)
        return path + ": other permissions";
      if (store_->list_xattr(id).value_or(std::vector<std::string>()).size() !=
          entry->xattrs.size())
        return path + ": another number of attributes";
      for (const auto& [name, value] : entry->xattrs)
        if (store_->get_xattr(id, name).value_or("?") != value) return path + ": another " + name;
      if (!entry->directory) {
        if (attributes->size != entry->bytes.size()) return path + ": another size";
        if (store_->read(id, 0, 4096).value_or("?") != entry->bytes) return path + ": other bytes";
        continue;
      }
      uint32_t directories = 0;
      size_t children = 0;
      for (const auto& [below, child] : model_.entries())
        if (below.size() > path.size() && below.rfind(path + "/", 0) == 0 &&
            below.find('/', path.size() + 1) == std::string::npos) {
          ++children;
          directories += child->directory ? 1 : 0;
        }
      if (store_->list(id).value_or(std::vector<StagedEntry>()).size() != children)
        return path + ": another number of entries";
      if (attributes->subdirectories != directories)
        return path + ": another number of subdirectories";
    }
    return "";
  }

 private:
  void open() {
    store_.reset();
    auto opened = StagingStore::open(temporary_.path() + "/s", clock_);
    ASSERT_TRUE(opened) << opened.error().words;
    store_ = std::move(*opened);
  }
  [[nodiscard]] std::string some_path(unsigned choice) const {
    auto at = model_.entries().begin();
    std::advance(at, choice % model_.entries().size());
    return at->first;
  }
  StagedId id_of(const std::string& path) {
    StagedId id = store_->root("dc").value_or(0);
    for (size_t at = 1; at < path.size(); at += 2)  // names have one letter
      id = store_->lookup(id, path.substr(at, 1)).value_or(0);
    return id;
  }
  static std::string same(const std::string& what, int expected, int actual) {
    if (expected == actual) return "";
    return what + ": POSIX says " + std::to_string(expected) + ", the store " +
           std::to_string(actual);
  }
  std::string rename(const Operation& operation, const std::string& parent,
                     const std::string& name) {
    const std::string new_parent = some_path(operation.second);
    const std::string new_name(1, static_cast<char>('a' + operation.value / 4 % 4));
    const unsigned flags = operation.value / 16 % 8 < 5 ? 0 : operation.value / 16 % 8 - 4;
    const StagedId from = id_of(parent);
    const StagedId to = id_of(new_parent);
    return same(
        "rename " + parent + "/" + name + " " + new_parent + "/" + new_name + " flags " +
            std::to_string(flags),
        model_.rename(parent + "/" + name, new_parent + "/" + new_name, new_parent, parent, flags),
        code_of(store_->rename(from, name, to, new_name, flags)));
  }
  std::string write(const Operation& operation, const std::string& path) {
    PathModel::Entry& entry = *model_.find(path);
    const std::string bytes(operation.second % 50, static_cast<char>('A' + operation.value % 26));
    const size_t offset = operation.value % 100;
    if (entry.directory)
      return same("write " + path, EISDIR, code_of(store_->write(id_of(path), offset, bytes)));
    if (!bytes.empty() && entry.bytes.size() < offset + bytes.size())
      entry.bytes.resize(offset + bytes.size());
    if (!bytes.empty()) entry.bytes.replace(offset, bytes.size(), bytes);
    return same("write " + path, 0, code_of(store_->write(id_of(path), offset, bytes)));
  }
  std::string truncate(const Operation& operation, const std::string& path) {
    PathModel::Entry& entry = *model_.find(path);
    if (entry.directory)
      return same("truncate " + path, EISDIR, code_of(store_->truncate(id_of(path), 1)));
    entry.bytes.resize(operation.value % 100);
    return same("truncate " + path, 0,
                code_of(store_->truncate(id_of(path), operation.value % 100)));
  }

  TemporaryDirectory temporary_;
  TickingClock clock_;
  std::unique_ptr<StagingStore> store_;
  PathModel model_;
};

/// The first difference, and after which operation it was seen.
std::optional<std::pair<size_t, std::string>> first_difference(
    const std::vector<Operation>& operations) {
  Comparison comparison;
  for (size_t i = 0; i < operations.size(); ++i) {
    std::string difference = comparison.run(operations[i]);
    if (difference.empty()) difference = comparison.differences();
    if (!difference.empty()) return std::make_pair(i, difference);
  }
  return std::nullopt;
}

/// Leaves out what is not needed for a difference.
std::vector<Operation> shrunk(std::vector<Operation> operations) {
  for (size_t at = operations.size(); at-- > 0;) {
    std::vector<Operation> fewer = operations;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at));
    if (const auto still = first_difference(fewer)) {
      fewer.resize(still->first + 1);
      operations = std::move(fewer);
      at = std::min(at, operations.size());
    }
  }
  return operations;
}

TEST(StagingRandomOperations, DoWhatPosixSays) {
  const unsigned first_seed = std::random_device{}();
  for (unsigned round = 0; round < 30; ++round) {
    const unsigned seed = first_seed + round;
    std::mt19937 random(seed);
    std::vector<Operation> operations(200);
    for (Operation& operation : operations)
      operation = {static_cast<unsigned>(random()), static_cast<unsigned>(random()),
                   static_cast<unsigned>(random()), static_cast<unsigned>(random())};
    auto difference = first_difference(operations);
    if (!difference) continue;
    operations.resize(difference->first + 1);
    operations = shrunk(operations);
    difference = first_difference(operations);
    std::string list;
    for (const Operation& operation : operations)
      list += "{" + std::to_string(operation.kind) + "U, " + std::to_string(operation.first) +
              "U, " + std::to_string(operation.second) + "U, " + std::to_string(operation.value) +
              "U}, ";
    FAIL() << "seed " << seed << ": " << (difference ? difference->second : "not repeatable")
           << "\nafter " << list;
  }
}

}  // namespace
}  // namespace vtpmfs::cache::staging_test
