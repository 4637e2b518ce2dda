// What a fetch asks of LiveVmSets: calls to vCenter, batched where many ask.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "cache/sets/live_vm_sets.h"

namespace vtpmfs::cache {

vsphere::Call LiveVmSets::own_call(std::chrono::milliseconds timeout) const {
  vsphere::Call call;
  call.timeout = timeout;
  call.cancel = shut_down_;
  return call;
}

void LiveVmSets::read_change_version(const vsphere::MoRef& vm, const vsphere::Call& call,
                                     Done<std::string> done) {
  looks_.read(vm, call, [this, done = std::move(done)](const Result<std::string>& change_version) {
    note_reachability(change_version ? nullptr : &change_version.error());
    done(change_version);
  });
}

void LiveVmSets::note_reachability(const Error* error) {
  const std::lock_guard lock(mutex_);
  if (error == nullptr) {
    away_.reset();
  } else if ((error->code == Errno{EHOSTUNREACH} || error->code == Errno{ETIMEDOUT}) &&
             is_of_connection(*error)) {
    const auto pause = next_pause(away_);
    away_ = VmSlot::Failure{*error, clock_.monotonic() + pause, pause};
  }
}

void LiveVmSets::compute(std::function<void()> work) {
  hashing_.post(std::move(work));
}

bool LiveVmSets::is_running(const vsphere::MoRef& vm) {
  // The feed may know by now that it was switched on since its details were read.
  const auto facts = inventory_.vm_facts(vm);
  return facts && facts->power_state == "poweredOn";
}

void LiveVmSets::list_again(const VersionPtr& version, const vsphere::Call& call,
                            Done<NvramFound> done) {
  (void)call;  // a datastore has as long for all of them; each asker has its own patience
  const auto& datastore = version->nvram_place.datastore;
  if (!datastore) return done(fail(EIO, "where nvram lies is not known"));
  WorkQueue* lister = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      lister = nullptr;
    } else {
      std::vector<Relist>& waiting = relists_[datastore->datastore];
      const bool first = waiting.empty();
      waiting.push_back(Relist{version, std::move(done)});
      if (!first) return;
      auto& queue = listers_[datastore->datastore];
      if (!queue) queue = std::make_unique<WorkQueue>();
      lister = queue.get();
    }
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where there is a lister.
  if (lister == nullptr) return done(fail(ECANCELED, "the mount is ending"));
  lister->post([this, id = datastore->datastore] { do_relists(id); });
}

void LiveVmSets::do_relists(const vsphere::MoRef& datastore) {
  std::vector<Relist> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(relists_[datastore]);
  }
  NvramListings::Wanted wanted;
  for (const Relist& one : asked) {
    wanted.place = one.version->nvram_place.datastore;
    wanted.directories.insert(one.version->nvram_place.directory);
  }
  const Status listed = listings_.list({wanted}, listings_.stamp(), own_call(settings_.timeout));
  for (const Relist& one : asked) {
    if (!listed) {
      one.done(fail(listed.error()));
      continue;
    }
    NvramFound found = listings_.find(one.version->nvram_place);
    if (found.state == NvramFound::State::not_known && found.error) {
      one.done(fail(*found.error));
    } else {
      one.done(std::move(found));
    }
  }
}

void LiveVmSets::read_again(const vsphere::MoRef& vm, const vsphere::Call& call,
                            Done<VersionPtr> done) {
  (void)call;  // as above
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = rereads_.empty();
    rereads_.push_back(Reread{vm, std::move(done)});
  }
  if (first) blocking_.post([this] { do_rereads(); });
}

void LiveVmSets::do_rereads() {
  std::vector<Reread> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(rereads_);
  }
  std::set<vsphere::MoRef> vms;
  for (const Reread& one : asked) vms.insert(one.vm);
  const ReadSets read = reader_.read({vms.begin(), vms.end()}, own_call(settings_.timeout));
  std::map<vsphere::MoRef, VersionPtr> by_vm;
  std::vector<vsphere::MoRef> changed;
  for (const VersionPtr& version : read.versions) {
    if (latest(version->vm) && store(version)) changed.push_back(version->vm);
    by_vm[version->vm] = version;
  }
  tell(changed);
  for (const Reread& one : asked) {
    const auto found = by_vm.find(one.vm);
    if (found != by_vm.end()) {
      one.done(found->second);
    } else if (read.stopped) {
      one.done(fail(*read.stopped));
    } else {
      one.done(fail(ENOENT, "the VM has gone, or has no virtual TPM any more"));
    }
  }
}

}  // namespace vtpmfs::cache
