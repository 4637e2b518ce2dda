#include "cache/sets/change_version_reader.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <utility>

namespace vtpmfs::cache {
namespace {

constexpr size_t kPage = 250;

}  // namespace

void ChangeVersionReader::read(const vsphere::MoRef& vm, const vsphere::Call& call, Done done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(Asker{vm, call.timeout, std::move(done)});
  }
  send();
}

void ChangeVersionReader::read(std::vector<Asker> askers) {
  if (askers.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    std::move(askers.begin(), askers.end(), std::back_inserter(waiting_));
  }
  send();
}

void ChangeVersionReader::shut_down() {
  cancel_.cancel();
}

void ChangeVersionReader::send() {
  std::vector<Asker> askers;
  std::set<vsphere::MoRef> vms;
  vsphere::Call call;
  call.timeout = std::chrono::milliseconds(0);
  call.cancel = cancel_;
  {
    const std::lock_guard lock(mutex_);
    if (under_way_ || waiting_.empty()) return;
    under_way_ = true;
    size_t taken = 0;
    for (; taken < waiting_.size() && (vms.size() < kPage || vms.count(waiting_[taken].vm) > 0);
         ++taken) {
      vms.insert(waiting_[taken].vm);
      call.timeout = std::max(call.timeout, waiting_[taken].timeout);
      askers.push_back(std::move(waiting_[taken]));
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  source_.read_change_versions({vms.begin(), vms.end()}, call,
                               [self = shared_from_this(), askers = std::move(askers)](
                                   const Result<std::map<vsphere::MoRef, std::string>>& versions) {
                                 {
                                   const std::lock_guard lock(self->mutex_);
                                   self->under_way_ = false;
                                 }
                                 self->send();  // the next ones are on their way while these go on
                                 self->answer(askers, versions);
                               });
}

void ChangeVersionReader::answer(const std::vector<Asker>& askers,
                                 const Result<std::map<vsphere::MoRef, std::string>>& versions) {
  for (const Asker& asker : askers) {
    if (!versions) {
      asker.done(fail(versions.error()));
      continue;
    }
    const auto found = versions->find(asker.vm);
    if (found == versions->end()) {
      asker.done(fail(ENOENT, "the VM has gone, or its changeVersion cannot be read"));
    } else {
      asker.done(found->second);
    }
  }
}

}  // namespace vtpmfs::cache
