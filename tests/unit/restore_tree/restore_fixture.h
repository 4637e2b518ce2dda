// restore/ over a real store and a real inventory, with a Restorer that does as it is told. Tools
// are played by their operations, in the order in which the kernel sends them.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/saved/config_file.h"
#include "cache/saved/sha256sums.h"
#include "cache/staging_store.h"
#include "fs/restore/staged_sets.h"
#include "fs/tree/staged/restore_tree.h"

namespace vtpmfs::fs::restore_test {

using cache::MoRef;
using vsphere::EntityChange;
using vsphere::EntityProperty;
using Files = std::map<std::string, std::string>;

inline const MoRef kRootFolder{"Folder", "group-d1"};
inline const MoRef kDatacenter{"Datacenter", "datacenter-2"};
inline const MoRef kVmFolder{"Folder", "group-v3"};
inline const MoRef kFinance{"Folder", "group-v10"};
inline const MoRef kLegal{"Folder", "group-v11"};

class ManualClock final : public cache::Clock {
 public:
  [[nodiscard]] cache::WallTime now() const override {
    return wall_ += std::chrono::milliseconds(1);
  }
  [[nodiscard]] cache::MonotonicTime monotonic() const override { return monotonic_; }
  void advance(std::chrono::seconds by) { monotonic_ += by; }

 private:
  mutable cache::WallTime wall_{std::chrono::seconds(1'760'000'000)};
  cache::MonotonicTime monotonic_{std::chrono::hours(1)};
};

class FakeRestorer final : public Restorer {
 public:
  struct Running {
    vsphere::CancelToken interrupted;
    StatusListener changed;
    RestoreDone done;
  };

  void start(RestoreRequest request, vsphere::CancelToken interrupted, StatusListener changed,
             RestoreDone done) override {
    std::optional<Error> error;
    {
      const std::lock_guard hold(lock_);
      requests.push_back(std::move(request));
      if (stall) {
        running.push_back({std::move(interrupted), std::move(changed), std::move(done)});
        return;
      }
      error = fail_with;
    }
    RestoreStatus status;
    status.state = error ? RestoreStatus::State::failed : RestoreStatus::State::done;
    status.step = "the fake's step";
    changed(status);
    done(error ? Status(fail(*error)) : Status());
  }
  void shut_down() override {}
  void end_all(const Status& result) {
    std::vector<Running> ended;
    {
      const std::lock_guard hold(lock_);
      ended.swap(running);
    }
    for (Running& one : ended) one.done(result);
  }

  std::vector<RestoreRequest> requests;
  std::vector<Running> running;
  bool stall = false;
  std::optional<Error> fail_with;

 private:
  std::mutex lock_;
};

/// An answer, given or not yet.
template <class T>
class Reply {
 public:
  Answer<T> take() {
    return [state = state_](Result<T> result) {
      EXPECT_FALSE(*state) << "answered twice";
      *state = std::move(result);
    };
  }
  [[nodiscard]] bool given() const { return state_->has_value(); }
  [[nodiscard]] Result<T> value() const {
    EXPECT_TRUE(given()) << "not answered";
    return given() ? **state_ : Result<T>(fail(ETIME, "not answered"));
  }
  /// 0 or the errno.
  [[nodiscard]] int code() const {
    const auto result = value();
    return result ? 0 : result.error().code.value();
  }

 private:
  std::shared_ptr<std::optional<Result<T>>> state_ = std::make_shared<std::optional<Result<T>>>();
};

/// /DC0/vm with the folders Finance and Legal, the VM web, and the VM hidden01, which --vms hides.
class RestoreWorld {
 protected:
  RestoreWorld() {
    std::string name = "/dev/shm/vtpmfs-restore-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      name = (std::filesystem::temp_directory_path() / "vtpmfs-restore-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    }
    state_ = name;
    inventory_.apply({true,
                      true,
                      {enter(kDatacenter, "DC0", kRootFolder), enter(kVmFolder, "vm", kDatacenter),
                       enter(kFinance, "Finance", kVmFolder), enter(kLegal, "Legal", kVmFolder),
                       enter({"VirtualMachine", "vm-1"}, "web", kVmFolder),
                       enter({"VirtualMachine", "vm-2"}, "hidden01", kVmFolder)}});
    open();
  }
  RestoreWorld(const RestoreWorld&) = delete;
  RestoreWorld& operator=(const RestoreWorld&) = delete;
  ~RestoreWorld() {
    std::error_code ignored;
    tree_.reset();
    sets_.reset();
    store_.reset();
    std::filesystem::remove_all(state_, ignored);
  }

  static EntityChange enter(const MoRef& id, const std::string& name, const MoRef& parent) {
    EntityChange change{EntityChange::Kind::enter, id, {}};
    change.values.emplace_back(EntityProperty::name, name);
    change.values.emplace_back(EntityProperty::parent, parent);
    if (id.type == "VirtualMachine")
      change.values.emplace_back(EntityProperty::tpm_present, name != "hidden01");
    if (id.type == "Datacenter") change.values.emplace_back(EntityProperty::vm_folder, kVmFolder);
    return change;
  }

  /// As a mount does; again: as after a remount.
  void open() {
    tree_.reset();
    sets_.reset();
    store_.reset();
    store_ = *cache::StagingStore::open(state_ + "/staging", clock_, limits_);
    sets_ =
        std::make_shared<StagedSets>(*store_, inventory_, clock_, restorer_, nvram_max_, settle_);
    tree_ = std::make_shared<RestoreTree>("4c5a1e3a", *store_, inventory_, sets_,
                                          RestoreAccess{kUser.uid, kUser.gid, 0700, 0600, {1005}});
  }

  // -- paths below restore/
  Result<NodePtr> find(const std::string& path) {
    NodePtr node = tree_->root(kDatacenter);
    for (size_t at = 0; at < path.size();) {
      const size_t end = std::min(path.find('/', at), path.size());
      Reply<NodePtr> reply;
      node->lookup(path.substr(at, end - at), kUser, reply.take());
      auto next = reply.value();
      if (!next) return next;
      node = *next;
      at = end + 1;
    }
    return node;
  }
  NodePtr node(const std::string& path) {
    auto found = find(path);
    EXPECT_TRUE(found) << path;
    return found.value_or(nullptr);
  }
  static std::string parent_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  std::vector<std::string> names(const std::string& path) {
    Reply<OpenDirectoryPtr> reply;
    node(path)->open_directory(kUser, reply.take());
    std::vector<std::string> names;
    const auto listing = reply.value();
    if (listing)
      for (const DirectoryEntry& entry : (*listing)->entries()) names.push_back(entry.name);
    return names;
  }

  // -- operations, each answered with its errno
  int mkdir(const std::string& path, uint32_t mode = 0755) {
    Reply<NodePtr> reply;
    node(parent_of(path))->make_directory(name_of(path), mode, caller_, reply.take());
    return reply.code();
  }
  Result<OpenFilePtr> create(const std::string& path, int flags = O_WRONLY | O_CREAT | O_EXCL,
                             uint32_t mode = 0600) {
    Reply<CreatedFile> reply;
    node(parent_of(path))->create(name_of(path), mode, flags, caller_, reply.take());
    const auto made = reply.value();
    if (!made) return fail(made.error());
    return made->file;
  }
  Result<OpenFilePtr> open_file(const std::string& path, int flags) {
    Reply<OpenFilePtr> reply;
    node(path)->open(flags, caller_, reply.take());
    return reply.value();
  }
  int write(const OpenFilePtr& file, uint64_t offset, const std::string& bytes) {
    Reply<size_t> reply;
    file->write(offset, bytes, caller_, reply.take());
    return reply.code();
  }
  Reply<void> flush_later(const OpenFilePtr& file) {
    Reply<void> reply;
    file->flush(caller_, reply.take());
    return reply;
  }
  int flush(const OpenFilePtr& file) { return flush_later(file).code(); }
  Reply<void> rename_later(const std::string& from, const std::string& to, unsigned flags = 0) {
    Reply<void> reply;
    node(parent_of(from))
        ->rename(name_of(from), node(parent_of(to)), name_of(to), flags, caller_, reply.take());
    return reply;
  }
  int rename(const std::string& from, const std::string& to, unsigned flags = 0) {
    return rename_later(from, to, flags).code();
  }
  int unlink(const std::string& path) {
    Reply<void> reply;
    node(parent_of(path))->unlink(name_of(path), caller_, reply.take());
    return reply.code();
  }
  int rmdir(const std::string& path) {
    Reply<void> reply;
    node(parent_of(path))->remove_directory(name_of(path), caller_, reply.take());
    return reply.code();
  }
  int setattr(const std::string& path, const AttributeChange& change,
              const OpenFilePtr& file = nullptr) {
    Reply<Attributes> reply;
    node(path)->set_attributes(change, file.get(), caller_, reply.take());
    return reply.code();
  }
  int chmod(const std::string& path, uint32_t mode) {
    AttributeChange change;
    change.permissions = mode;
    return setattr(path, change);
  }
  int chown(const std::string& path, uint32_t uid, uint32_t gid) {
    AttributeChange change;
    change.uid = uid;
    change.gid = gid;
    return setattr(path, change);
  }
  int utimens(const std::string& path, const OpenFilePtr& file = nullptr) {
    AttributeChange change;
    change.atime = change.mtime = TimePoint(std::chrono::seconds(1'500'000'000));
    return setattr(path, change, file);
  }
  int truncate(const std::string& path, uint64_t size, const OpenFilePtr& file = nullptr) {
    AttributeChange change;
    change.size = size;
    return setattr(path, change, file);
  }
  int setxattr(const std::string& path, const std::string& name, const std::string& value) {
    Reply<void> reply;
    node(path)->set_attribute(name, value, 0, caller_, reply.take());
    return reply.code();
  }
  Reply<void> fsync_later(const std::string& directory) {
    Reply<void> reply;
    node(directory)->fsync_directory(caller_, reply.take());
    return reply;
  }
  int fsync(const std::string& directory) { return fsync_later(directory).code(); }
  std::string read(const std::string& path) {
    const auto file = open_file(path, O_RDONLY);
    if (!file) return "errno " + std::to_string(file.error().code.value());
    Reply<Bytes> reply;
    (*file)->read(0, 1U << 20, caller_, reply.take());
    const auto bytes = reply.value();
    return bytes ? std::string(bytes->view())
                 : "errno " + std::to_string(bytes.error().code.value());
  }
  std::string status(const std::string& directory) { return read(directory + "/restore.status"); }
  /// The number that the staging store has for a path.
  cache::StagedId staged(const std::string& path) {
    cache::StagedId id = store_->root(kDatacenter.value).value_or(0);
    for (const auto& name : std::filesystem::path(path))
      id = store_->lookup(id, name.string()).value_or(0);
    EXPECT_NE(id, 0U) << path;
    return id;
  }

  /// CREATE, WRITE, FLUSH, RELEASE: what cp does with one file.
  int put(const std::string& path, const std::string& bytes) {
    const auto file = create(path);
    if (!file) return file.error().code.value();
    for (size_t at = 0; at < bytes.size(); at += kPiece)
      if (const int code = write(*file, at, bytes.substr(at, kPiece)); code != 0) return code;
    return flush(*file);
  }
  /// cp -r of a set, in this order of names; the errno of each close that was not 0.
  std::map<std::string, int> copy(const Files& files, const std::string& to,
                                  std::vector<std::string> order = {}) {
    std::map<std::string, int> errors;
    if (!find(to)) {
      EXPECT_EQ(mkdir(to), 0) << to;
    }
    if (order.empty())
      for (const auto& [name, bytes] : files) order.push_back(name);
    for (const std::string& name : order)
      if (const int code = put(to + "/" + name, files.at(name)); code != 0) errors[name] = code;
    return errors;
  }

  // -- sets
  static cache::SavedOrigin origin(const std::string& name, const std::string& folder) {
    cache::SavedOrigin origin;
    origin.raw_name = name;
    origin.inventory_path = "/DC0/vm/" + (folder.empty() ? "" : folder + "/") + name;
    origin.vm = MoRef{"VirtualMachine", "vm-77"};
    return origin;
  }
  static Files with_manifest(Files files) {
    cache::Sha256Sums sums;
    files.erase("SHA256SUMS");
    for (const auto& [name, bytes] : files) sums[name] = cache::sha256(bytes);
    files["SHA256SUMS"] = cache::render_sha256sums(sums);
    return files;
  }
  static Files set_of(const cache::SavedOrigin& origin) {
    return with_manifest({{"keyId", "KMS/key-of-" + origin.raw_name.value_or("")},
                          {"encryption.bundle", "vmware:key/list/(...)"},
                          {"firmware", "efi\n"},
                          {"vtpm.json", "{}"},
                          {"nvram", std::string(270'000, 'n')},
                          {"config.json", cache::render_config({}, origin)}});
  }
  /// pay01 of /DC0/vm/Finance.
  static Files pay01() { return set_of(origin("pay01", "Finance")); }
  static Files without(Files files, const std::string& name) {
    files.erase(name);
    return files;
  }

  void expect_one_vm(const std::string& name, const std::vector<std::string>& folders,
                     const Files& files) {
    ASSERT_EQ(restorer_.requests.size(), 1U);
    const RestoreRequest& request = restorer_.requests.front();
    EXPECT_EQ(request.vm_name, name);
    EXPECT_EQ(request.folders, folders);
    EXPECT_EQ(request.files, files);
    EXPECT_EQ(request.datacenter, kDatacenter);
    EXPECT_EQ(request.vm_folder, kVmFolder);
    EXPECT_TRUE(request.manifest_verified);
  }

  static constexpr size_t kPiece = 128U << 10;
  inline static const Caller kUser{1000, 1001, 1, 022, {}};
  Caller caller_ = kUser;
  std::string state_;
  ManualClock clock_;
  FakeRestorer restorer_;
  cache::StagingLimits limits_;
  uint64_t nvram_max_ = 1U << 20;
  std::optional<std::chrono::seconds> settle_;
  cache::Inventory inventory_{kRootFolder, cache::VmFilter::vtpm};
  std::unique_ptr<cache::StagingStore> store_;
  std::shared_ptr<StagedSets> sets_;
  std::shared_ptr<RestoreTree> tree_;
};

class RestoreTreeTest : public ::testing::Test, protected RestoreWorld {};

}  // namespace vtpmfs::fs::restore_test
