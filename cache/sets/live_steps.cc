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

void LiveVmSets::download(const VersionPtr& version, const vsphere::Call& call,
                          Done<std::string> done) {
  const NvramPlace& place = version->nvram_place;
  if (!place.datastore || !place.path) {
    return done(fail(EIO, "where nvram lies is not known"));
  }
  source_.fetch(*place.datastore, *place.path, settings_.nvram_max, call, std::move(done));
}

void LiveVmSets::read_change_version(const vsphere::MoRef& vm, const vsphere::Call& call,
                                     Done<std::string> done) {
  looks_.read(vm, call, [this, done = std::move(done)](const Result<std::string>& change_version) {
    note_reachability(change_version ? nullptr : &change_version.error());
    done(change_version);
  });
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
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = relists_.empty();
    relists_.push_back(Relist{version, call.timeout, std::move(done)});
  }
  if (first) blocking_.post([this] { do_relists(); });
}

void LiveVmSets::do_relists() {
  std::vector<Relist> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(relists_);
  }
  struct Wanted {
    std::shared_ptr<const vsphere::DatastorePlace> datastore;
    std::set<std::string> directories;
    std::chrono::milliseconds timeout{0};
    Status listed;
  };
  std::map<vsphere::MoRef, Wanted> wanted;
  for (const Relist& one : asked) {
    const NvramPlace& place = one.version->nvram_place;
    Wanted& datastore = wanted[place.datastore->datastore];
    datastore.datastore = place.datastore;
    datastore.directories.insert(place.directory);
    datastore.timeout = std::max(datastore.timeout, one.timeout);
  }
  for (auto& [id, datastore] : wanted) {
    datastore.listed = listings_.list(*datastore.datastore, datastore.directories,
                                      listings_.stamp(), own_call(datastore.timeout));
  }
  for (const Relist& one : asked) {
    const NvramPlace& place = one.version->nvram_place;
    const Status& listed = wanted[place.datastore->datastore].listed;
    if (!listed) {
      one.done(fail(listed.error()));
      continue;
    }
    NvramFound found = listings_.find(place);
    if (found.state == NvramFound::State::not_known && found.error) {
      one.done(fail(*found.error));
    } else {
      one.done(std::move(found));
    }
  }
}

void LiveVmSets::read_again(const vsphere::MoRef& vm, const vsphere::Call& call,
                            Done<VersionPtr> done) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = rereads_.empty();
    rereads_.push_back(Reread{vm, call.timeout, std::move(done)});
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
  std::chrono::milliseconds timeout{0};
  for (const Reread& one : asked) {
    vms.insert(one.vm);
    timeout = std::max(timeout, one.timeout);
  }
  const ReadSets read = reader_.read({vms.begin(), vms.end()}, own_call(timeout));
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
