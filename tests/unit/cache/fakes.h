// A vCenter of plain data for the tests of cache: it can stall, fail, change in the middle, count.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cache/clock.h"
#include "cache/inventory.h"
#include "tests/patience.h"
#include "vsphere/inventory_source.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache::testing {

using vsphere::EntityChange;
using vsphere::EntityProperty;
using vsphere::InventoryUpdate;

inline const MoRef kRoot{"Folder", "group-d1"};
inline const MoRef kDatacenter{"Datacenter", "datacenter-2"};
inline const MoRef kVmFolder{"Folder", "group-v3"};
inline const MoRef kDatastore{"Datastore", "datastore-11"};

inline MoRef vm_ref(int number) {
  return {"VirtualMachine", "vm-" + std::to_string(number)};
}
inline MoRef folder_ref(int number) {
  return {"Folder", "group-v" + std::to_string(number)};
}

class FakeClock final : public Clock {
 public:
  [[nodiscard]] WallTime now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  [[nodiscard]] MonotonicTime monotonic() const override {
    const std::lock_guard lock(mutex_);
    return monotonic_;
  }
  void advance(std::chrono::nanoseconds by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
    monotonic_ += std::chrono::duration_cast<MonotonicTime::duration>(by);
  }
  void set_wall(WallTime now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  WallTime now_{std::chrono::seconds(1'760'000'000)};
  MonotonicTime monotonic_{std::chrono::hours(1)};
};

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "vtpmfs-cache-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Polls; for what another thread brings about.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience(std::chrono::seconds(20));
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return condition();
}

inline EntityChange enter(const MoRef& id, std::string name, const MoRef& parent) {
  EntityChange change;
  change.kind = EntityChange::Kind::enter;
  change.id = id;
  change.values.emplace_back(EntityProperty::name, std::move(name));
  change.values.emplace_back(EntityProperty::parent, parent);
  return change;
}

inline EntityChange enter_vm(const MoRef& id, std::string name, const MoRef& parent,
                             std::optional<bool> tpm = true, std::string version = "v1") {
  EntityChange change = enter(id, std::move(name), parent);
  if (tpm) change.values.emplace_back(EntityProperty::tpm_present, *tpm);
  change.values.emplace_back(EntityProperty::change_version, std::move(version));
  return change;
}

inline EntityChange modify(const MoRef& id, EntityProperty property, vsphere::EntityValue value) {
  EntityChange change;
  change.kind = EntityChange::Kind::modify;
  change.id = id;
  change.values.emplace_back(property, std::move(value));
  return change;
}

inline EntityChange leave(const MoRef& id) {
  EntityChange change;
  change.kind = EntityChange::Kind::leave;
  change.id = id;
  return change;
}

/// /DC0/vm, as every test has it.
inline std::vector<EntityChange> one_datacenter() {
  EntityChange datacenter = enter(kDatacenter, "DC0", kRoot);
  datacenter.values.emplace_back(EntityProperty::vm_folder, kVmFolder);
  return {datacenter, enter(kVmFolder, "vm", kDatacenter)};
}

inline InventoryUpdate update_of(std::vector<EntityChange> changes, bool restarted = false) {
  InventoryUpdate update;
  update.restarted = restarted;
  update.changes = std::move(changes);
  return update;
}

inline const std::string kVersion1 = "2024-06-25T10:11:12.345678Z";
inline const std::string kVersion2 = "2024-06-25T11:00:00.000000Z";

/// A VM with a vTPM of which everything is there.
inline vsphere::VmDetail tpm_detail(int number) {
  const std::string name = "vm" + std::to_string(number);
  const std::string key = "key-" + std::to_string(number);
  vsphere::VmDetail detail;
  detail.vm = vm_ref(number);
  detail.name = name;
  detail.change_version = kVersion1;
  detail.key_id = vsphere::CryptoKeyId{key, "KMS"};
  detail.encryption_bundle = "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/key%2d" +
                             std::to_string(number) + ",HMAC%2dSHA%2d256,AAAA))";
  detail.firmware = "efi";
  vsphere::VirtualTpm tpm;
  tpm.key = 11000;
  detail.vtpm = tpm;
  detail.tpm_present = true;
  detail.vm_path_name = "[ds1] " + name + "/" + name + ".vmx";
  detail.nvram_extra_config = name + ".nvram";
  detail.power = vsphere::PowerState::off;
  detail.connection_state = "connected";
  detail.crypto_state = "unlocked";
  detail.instance_uuid = "5003-" + std::to_string(number);
  detail.modified = "1970-01-01T00:00:00Z";
  detail.datastores = {kDatastore};
  detail.config.guest_id = "windows11_64Guest";
  return detail;
}

class FakeVmSource final : public vsphere::VmSource {
 public:
  FakeVmSource() {
    server_.instance_uuid = "vc-uuid";
    server_.name = "VMware vCenter Server";
  }

  // -- the data; lock with `mutex` when other threads run
  std::recursive_mutex mutex;
  std::map<MoRef, vsphere::VmDetail> vms;
  std::map<std::string, std::string> files;              ///< by path on the datastore
  std::map<std::string, vsphere::DatastoreFile> listed;  ///< what a listing says
  std::map<std::string, Error> file_errors;              ///< what fetching that path answers
  std::set<MoRef> poison;                                ///< a page with one of them is refused
  std::set<MoRef> silent;                                ///< left out of an answer
  std::optional<Error> details_error, list_error, directory_error, fetch_error, version_error;
  std::optional<Error> datastores_error;
  bool bulk_refused = false;
  std::string datacenter_path = "/DC0";
  std::vector<std::string> more_datastores;       ///< beside ds1
  std::map<std::string, Error> datastore_errors;  ///< what listing it answers
  bool hold_fetches = false, hold_versions = false;
  std::function<void(int)> before_fetch;  ///< with the number of the fetch, from 1
  std::function<void(int)> before_versions, before_list, before_details;
  std::function<void()> while_searching_whole;  ///< without the lock: may take its time

  // -- counts
  std::atomic<int> details_calls = 0, version_calls = 0, bulk_lists = 0, directory_lists = 0,
                   fetches = 0;
  std::atomic<int> datastore_calls = 0, versions_under_way = 0, most_versions_under_way = 0;
  std::vector<size_t> pages, version_pages;

  void add(const vsphere::VmDetail& detail, const std::string& nvram) {
    const std::lock_guard lock(mutex);
    vms[detail.vm] = detail;
    set_nvram(detail.vm, nvram);
  }
  void set_nvram(const MoRef& vm, const std::string& bytes, int seconds = 0) {
    const std::lock_guard lock(mutex);
    const std::string path = nvram_path_of(vm);
    files[path] = bytes;
    list_file(path, bytes.size(), seconds);
  }
  void list_file(const std::string& path, uint64_t size, int seconds) {
    vsphere::DatastoreFile file;
    file.size = size;
    file.modified = std::chrono::system_clock::time_point(std::chrono::seconds(1'719'000'000)) +
                    std::chrono::seconds(seconds);
    listed[path] = file;
  }
  std::string nvram_path_of(const MoRef& vm) {
    const std::string& vmx = *vms.at(vm).vm_path_name;
    const std::string directory = vsphere::DatastorePath::parse(vmx)->directory();
    return directory + "/" + vms.at(vm).nvram_extra_config.value_or("x.nvram");
  }

  void release_fetches() {
    std::deque<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex);
      held.swap(held_fetches_);
    }
    for (auto& go : held) go();
  }
  size_t held_fetches() {
    const std::lock_guard lock(mutex);
    return held_fetches_.size();
  }
  void release_versions() {
    std::deque<std::function<void()>> held;
    {
      const std::lock_guard lock(mutex);
      held.swap(held_versions_);
    }
    for (auto& go : held) go();
  }
  size_t held_versions() {
    const std::lock_guard lock(mutex);
    return held_versions_.size();
  }

  // -- VmSource
  [[nodiscard]] const vsphere::ServerInfo& server() const override { return server_; }

  Result<std::vector<vsphere::VmDetail>> read_details(const std::vector<MoRef>& wanted,
                                                      const vsphere::Call&) override {
    const std::lock_guard lock(mutex);
    ++details_calls;
    pages.push_back(wanted.size());
    if (before_details) before_details(details_calls);
    if (details_error) return fail(*details_error);
    std::vector<vsphere::VmDetail> found;
    for (const MoRef& vm : wanted) {
      if (poison.count(vm) > 0) return fail(EIO, "fault for the whole page");
      const auto known = vms.find(vm);
      if (known != vms.end() && silent.count(vm) == 0) found.push_back(known->second);
    }
    return found;
  }

  void read_change_versions(
      const std::vector<MoRef>& wanted, const vsphere::Call& call,
      std::function<void(Result<std::map<MoRef, std::string>>)> done) override {
    {
      const std::lock_guard lock(mutex);
      ++version_calls;
      version_pages.push_back(wanted.size());
      most_versions_under_way = std::max(most_versions_under_way.load(), ++versions_under_way);
      if (before_versions) before_versions(version_calls);
    }
    auto answered = std::make_shared<std::atomic<bool>>(false);
    auto go = [this, wanted, done, answered] {
      if (answered->exchange(true)) return;
      Result<std::map<MoRef, std::string>> answer = std::map<MoRef, std::string>();
      {
        const std::lock_guard lock(mutex);
        --versions_under_way;
        for (const MoRef& vm : wanted) {
          const auto known = vms.find(vm);
          if (known != vms.end() && known->second.change_version) {
            answer->emplace(vm, *known->second.change_version);
          }
        }
        if (version_error) answer = fail(*version_error);
      }
      done(std::move(answer));
    };
    bool held = false;
    {
      const std::lock_guard lock(mutex);
      held = hold_versions;
      if (held) held_versions_.push_back(go);
    }
    if (!held) return go();
    auto registration = call.cancel.on_cancel([done, answered] {
      if (!answered->exchange(true)) done(fail(EINTR, "cancelled"));
    });
    const std::lock_guard lock(mutex);
    registrations_.push_back(std::move(registration));
  }

  Result<std::vector<vsphere::DatastorePlace>> datastores(const vsphere::Call&) override {
    const std::lock_guard lock(mutex);
    ++datastore_calls;
    vsphere::DatastorePlace place;
    place.datastore = kDatastore;
    place.name = "ds1";
    place.datacenter = kDatacenter;
    place.datacenter_path = datacenter_path;
    std::vector<vsphere::DatastorePlace> places{place};
    for (const std::string& name : more_datastores) {
      place.name = name;
      place.datastore.value = "datastore-of-" + name;
      places.push_back(place);
    }
    if (datastores_error) return fail(*datastores_error);
    return places;
  }

  Result<vsphere::NvramListing> list_nvram(const vsphere::DatastorePlace& place,
                                           const std::optional<std::string>& directory,
                                           const vsphere::Call&) override {
    std::function<void()> search;
    {
      const std::lock_guard lock(mutex);
      search = while_searching_whole;
    }
    if (search && !directory) search();
    const std::lock_guard lock(mutex);
    ++(directory ? directory_lists : bulk_lists);
    if (before_list) before_list(bulk_lists + directory_lists);
    if (list_error) return fail(*list_error);
    const auto trouble = datastore_errors.find(place.name);
    if (trouble != datastore_errors.end()) return fail(trouble->second);
    if (!directory && bulk_refused) return fail(EIO, "search refused");
    if (directory && directory_error) return fail(*directory_error);
    vsphere::NvramListing listing;
    for (const auto& [path, file] : listed) {
      if (!directory || path.rfind(*directory + "/", 0) == 0) listing.emplace(path, file);
    }
    return listing;
  }

  void fetch(const vsphere::DatastorePlace&, const std::string& path, uint64_t max_bytes,
             const vsphere::Call& call, std::function<void(Result<std::string>)> done) override {
    {
      const std::lock_guard lock(mutex);
      ++fetches;
      if (before_fetch) before_fetch(fetches);
    }
    auto answered = std::make_shared<std::atomic<bool>>(false);
    auto go = [this, path, max_bytes, done, answered] {
      if (answered->exchange(true)) return;
      Result<std::string> answer = std::string();
      {
        const std::lock_guard lock(mutex);
        const auto file = files.find(path);
        const auto trouble = file_errors.find(path);
        if (fetch_error) {
          answer = fail(*fetch_error);
        } else if (trouble != file_errors.end()) {
          answer = fail(trouble->second);
        } else if (file == files.end()) {
          answer = fail(ENOENT, "404");
        } else if (file->second.size() > max_bytes) {
          answer = fail(EFBIG, "too large");
        } else {
          answer = file->second;
        }
      }
      done(std::move(answer));
    };
    bool held = false;
    {
      const std::lock_guard lock(mutex);
      held = hold_fetches;
      if (held) held_fetches_.push_back(go);
    }
    if (!held) return go();
    auto registration = call.cancel.on_cancel([done, answered] {
      if (!answered->exchange(true)) done(fail(EINTR, "cancelled"));
    });
    const std::lock_guard lock(mutex);
    registrations_.push_back(std::move(registration));
  }

 private:
  vsphere::ServerInfo server_;
  std::deque<std::function<void()>> held_fetches_, held_versions_;
  std::deque<vsphere::CancelToken::Registration> registrations_;
};

/// Gives out what the test puts in, in its order; waits in between.
class FakeInventorySource final : public vsphere::InventorySource {
 public:
  void put(Result<InventoryUpdate> update) {
    {
      const std::lock_guard lock(mutex_);
      updates_.push_back(std::move(update));
    }
    changed_.notify_all();
  }
  /// All that was put in was taken, and the next call waits.
  bool idle() {
    const std::lock_guard lock(mutex_);
    return updates_.empty() && waiting_;
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  Result<InventoryUpdate> next(const vsphere::Call& call) override {
    const auto wake = call.cancel.on_cancel([this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    ++calls_;
    waiting_ = true;
    changed_.wait_for(lock, call.timeout,
                      [&] { return call.cancel.cancelled() || !updates_.empty(); });
    waiting_ = false;
    if (call.cancel.cancelled()) return fail(EINTR, "cancelled");
    if (updates_.empty()) return InventoryUpdate();
    Result<InventoryUpdate> update = std::move(updates_.front());
    updates_.pop_front();
    return update;
  }
  void begin_anew() override { ++beginnings; }
  [[nodiscard]] MoRef root() const override { return kRoot; }

  std::atomic<int> beginnings{0};  ///< that were asked for

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<InventoryUpdate>> updates_;
  bool waiting_ = false;
  int calls_ = 0;
};

}  // namespace vtpmfs::cache::testing
