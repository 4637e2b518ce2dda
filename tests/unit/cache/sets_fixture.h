// LiveVmSets over a FakeVmSource, without a feed.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cache/sets/live_vm_sets.h"
#include "tests/patience.h"
#include "tests/unit/cache/fakes.h"

namespace vtpmfs::cache::testing {

using Bytes = Result<FileBytes>;

class SetsFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto directory = StateDirectory::open(temp.path(), true);
    ASSERT_TRUE(directory);
    auto opened = FirstSeen::open(*directory, "vc-uuid", clock);
    ASSERT_TRUE(opened);
    times = std::move(*opened);
    inventory.apply(update_of(one_datacenter(), true));
    make_sets();
  }

  void make_sets() {
    sets = std::make_unique<LiveVmSets>(source, inventory, *times, clock, settings);
    sets->on_change([this](const std::vector<MoRef>& vms) {
      const std::lock_guard lock(told_mutex_);
      told_.insert(told_.end(), vms.begin(), vms.end());
    });
    ASSERT_TRUE(sets->listings().read_places({}));
  }

  /// Puts a VM into vCenter and the model, as a feed would.
  void add(const vsphere::VmDetail& detail, const std::string& nvram = "nvram bytes") {
    source.add(detail, nvram);
    show(detail);
  }
  void show(const vsphere::VmDetail& detail) {
    inventory.apply(update_of({enter_vm(detail.vm, detail.name.value_or(""), kVmFolder)}));
    reread(detail.vm);
  }
  bool reread(const MoRef& vm) {
    const ReadSets read = sets->reader().read({vm}, {});
    bool changed = false;
    for (const VersionPtr& version : read.versions) changed = sets->store(version) || changed;
    return changed;
  }
  /// Starts a read; the future has the answer when there is one.
  std::future<Bytes> start_read(const PinnedSetPtr& set, FileRole role,
                                const vsphere::Call& call = {}) {
    auto promise = std::make_shared<std::promise<Bytes>>();
    sets->read(set, role, call, [promise](Bytes bytes) { promise->set_value(std::move(bytes)); });
    return promise->get_future();
  }
  static Bytes wait_for(std::future<Bytes> future) {
    if (future.wait_for(patience(std::chrono::seconds(30))) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return fail(ETIMEDOUT, "the test waited in vain");
    }
    return future.get();
  }
  Bytes read(const MoRef& vm, FileRole role) {
    auto set = sets->open(vm, role);
    if (!set) return fail(set.error());
    return wait_for(start_read(*set, role));
  }
  std::string text(const MoRef& vm, FileRole role) {
    const Bytes bytes = read(vm, role);
    EXPECT_TRUE(bytes) << file_name(role) << ": " << bytes.error().words;
    return bytes ? **bytes : std::string();
  }
  int error_of(const MoRef& vm, FileRole role) {
    const Bytes bytes = read(vm, role);
    EXPECT_FALSE(bytes) << file_name(role) << " was given out";
    return bytes ? 0 : bytes.error().code.value();
  }
  /// The VMs that a listener was told of since the last call; other threads tell.
  std::vector<MoRef> take_told() {
    const std::lock_guard lock(told_mutex_);
    return std::exchange(told_, {});
  }
  void pass_pin() {
    clock.advance(settings.pin + std::chrono::seconds(1));
    sets->sweep();
  }
  SetFile listed(const MoRef& vm, FileRole role) {
    const auto listing = sets->listing(vm);
    EXPECT_TRUE(listing);
    const SetFile* file = listing->find(role);
    EXPECT_NE(file, nullptr) << file_name(role);
    return file == nullptr ? SetFile() : *file;
  }

  TempDir temp;
  FakeClock clock;
  FakeVmSource source;
  Inventory inventory{kRoot, VmFilter::vtpm};
  SetsSettings settings;
  std::unique_ptr<FirstSeen> times;
  std::mutex told_mutex_;
  std::vector<MoRef> told_;
  std::unique_ptr<LiveVmSets> sets;  // its threads use what is above
};

inline constexpr std::array kSealing{FileRole::key_id, FileRole::encryption_bundle, FileRole::vtpm,
                                     FileRole::nvram, FileRole::sha256sums};

}  // namespace vtpmfs::cache::testing
