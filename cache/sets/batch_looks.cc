#include "cache/sets/batch_looks.h"

#include <iterator>
#include <utility>

namespace vtpmfs::cache {
namespace {

constexpr std::chrono::seconds kLongest{1};
/// The first ones can be given out when these were downloaded, whatever comes behind them.
constexpr size_t kMost = 32;

}  // namespace

void BatchLooks::begin(const std::vector<vsphere::MoRef>& vms, MonotonicTime now) {
  std::shared_ptr<Batch> batch;
  const std::lock_guard lock(mutex_);
  for (const vsphere::MoRef& vm : vms) {
    if (!batch || batch->under_way == kMost) {
      batch = std::make_shared<Batch>();
      batch->began = now;
    }
    if (batches_.emplace(vm, batch).second) ++batch->under_way;
  }
}

BatchLooks::Questions BatchLooks::leave_locked(const vsphere::MoRef& vm, Questions question) {
  const auto found = batches_.find(vm);
  if (found == batches_.end()) return question;
  const std::shared_ptr<Batch> batch = std::move(found->second);
  batches_.erase(found);
  std::move(question.begin(), question.end(), std::back_inserter(batch->waiting));
  if (--batch->under_way > 0) return {};
  return std::move(batch->waiting);
}

void BatchLooks::read(const vsphere::MoRef& vm, const vsphere::Call& call,
                      ChangeVersionReader::Done done) {
  Questions question;
  question.push_back({vm, call.timeout, std::move(done)});
  {
    const std::lock_guard lock(mutex_);
    question = leave_locked(vm, std::move(question));
  }
  reader_->read(std::move(question));
}

void BatchLooks::ended(const vsphere::MoRef& vm) {
  Questions questions;
  {
    const std::lock_guard lock(mutex_);
    questions = leave_locked(vm, {});
  }
  reader_->read(std::move(questions));
}

void BatchLooks::release(MonotonicTime now) {
  Questions questions;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = batches_.begin(); it != batches_.end();) {
      Batch& batch = *it->second;
      if (now - batch.began <= kLongest) {
        ++it;
        continue;
      }
      std::move(batch.waiting.begin(), batch.waiting.end(), std::back_inserter(questions));
      batch.waiting.clear();
      it = batches_.erase(it);
    }
  }
  reader_->read(std::move(questions));
}

}  // namespace vtpmfs::cache
