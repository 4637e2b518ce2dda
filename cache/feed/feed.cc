#include "cache/feed/feed.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "vsphere/logged_operation.h"

namespace vtpmfs::cache {
namespace {

using std::chrono::milliseconds;

/// So long a pause is refresh() asleep at most before it looks whether it was cancelled.
constexpr milliseconds kLookAgain{100};
constexpr milliseconds kShortestWait{1000};
/// So many in a row, and who waits for the first inventory is told why there is none.
constexpr int kHopelessFailures = 3;
/// News of so many VMs at once: the inventory is read for the first time, or anew.
constexpr size_t kMany = 200;

}  // namespace

Feed::Feed(vsphere::InventorySource& source, Inventory& inventory, LiveVmSets& sets,
           FirstSeen& times, const Clock& clock, FeedSettings settings)
    : source_(source),
      inventory_(inventory),
      sets_(sets),
      times_(times),
      clock_(clock),
      settings_(settings),
      listeners_(std::make_shared<std::vector<Listener>>()),
      pauses_(settings.first_pause, settings.longest_pause, std::random_device{}()) {
  inventory_.wait_for_details();
  sets_.on_change([listeners = listeners_](const std::vector<vsphere::MoRef>& vms) {
    InventoryChange change;
    change.vms = vms;
    for (const Listener& listener : *listeners) listener(change);
  });
}

Feed::~Feed() {
  stop();
}

void Feed::add_listener(Listener listener) {
  listeners_->push_back(std::move(listener));
}

void Feed::start() {
  thread_ = std::thread([this] { run(); });
  poller_ = std::thread([this] { run_polls(); });
}

void Feed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  stop_.cancel();
  if (thread_.joinable()) thread_.join();
  if (poller_.joinable()) poller_.join();
  write_times();  // what reads found out since the last round
}

vsphere::Call Feed::call_of(milliseconds timeout) const {
  vsphere::Call call;
  call.timeout = timeout;
  call.cancel = stop_;
  return call;
}

void Feed::run() {
  last_poll_ = clock_.monotonic();
  while (!stop_.cancelled()) {
    const Status round = one_round();
    if (round) {
      const std::lock_guard lock(mutex_);
      pauses_.reset();
      failures_ = 0;
      continue;
    }
    if (stop_.cancelled()) return;
    note_failure(round.error());
    if (!pause_after_failure()) return;
  }
}

Status Feed::one_round() {
  const auto until_poll = std::chrono::duration_cast<milliseconds>(
      last_poll_ + settings_.nvram_poll - clock_.monotonic());
  // Servers wait in whole seconds: less than one would be a busy loop.
  milliseconds wait = std::min(std::max(until_poll, kShortestWait), settings_.wait);
  if (until_poll.count() <= 0) wait = milliseconds(0);
  {
    // What was cut off last time goes on before there are news to wait for.
    const std::lock_guard writing(writing_);
    if (!to_read_.empty() || places_outdated_) wait = milliseconds(0);
  }
  auto update = source_.next(call_of(wait));
  if (!update) return fail(std::move(update.error()));
  note_answer();

  InventoryChange change;
  Status read;
  size_t unread = 0;
  bool all_read = false;
  bool much_read = false;
  {
    const std::lock_guard writing(writing_);
    collected_.merge(inventory_.apply(*update));
    in_update_ = !update->complete;
    if (!update->complete) return {};
    change = std::exchange(collected_, InventoryChange());
    if (inventory_.doubtful()) {
      collected_ = std::move(change);
      return fail(EIO, "vCenter shows no datacenter any more: what was known is kept for now");
    }
    for (const vsphere::MoRef& vm : change.gone_vms) forget(vm);
    for (const vsphere::MoRef& vm : std::exchange(change.vms, {})) to_read_.insert(vm);
    if (change.paths_moved) {
      places_outdated_ = true;  // a datacenter's path is a part of each download's address
      look_at_paths();
    }
    much_read = to_read_.size() >= kMany;
    read = read_waiting(change, call_of(settings_.timeout));
    unread = to_read_.size() + hopeless_.size();
    all_read = to_read_.empty();
  }
  // Before anything that takes time: until it is told, the kernel believes what was.
  if (!change.empty()) tell(change);
  if (!change.empty() || change.paths_moved) look_for_unplaced();
  if (read && clock_.monotonic() - last_poll_ >= settings_.nvram_poll) {
    last_poll_ = clock_.monotonic();
    // A server as weak as that tells of no new names either.
    if (no_versions_) source_.begin_anew();
    begin_poll();
  }
  write_times();
  {
    const std::lock_guard lock(mutex_);
    ++status_.updates;
    status_.unread = unread;
    if (read && all_read && inventory_.complete()) ready_ = true;
  }
  changed_.notify_all();
  // glibc keeps what messages about many VMs took; it may never be needed again.
  if (much_read) ::malloc_trim(0);
  return read;
}

Status Feed::read_waiting(InventoryChange& change, const vsphere::Call& call) {
  if (places_outdated_) {
    Status read = sets_.listings().read_places(call);
    if (!read && is_of_connection(read.error())) return read;
    places_outdated_ = false;
  }
  std::vector<vsphere::MoRef> vms;
  for (auto it = to_read_.begin(); it != to_read_.end();) {
    if (inventory_.wants_details(*it)) {
      vms.push_back(*it++);
    } else {
      // Surely hidden now; what was kept of it is not needed any more.
      sets_.remove(*it);
      it = to_read_.erase(it);
    }
  }
  if (vms.empty()) return {};
  ReadSets read = sets_.reader().read(vms, call, unanswered_);
  to_read_ = {read.unread.begin(), read.unread.end()};
  const std::optional<Error> stopped = std::move(read.stopped);
  publish_read(read, change);
  if (stopped) return fail(*stopped);
  return {};
}

void Feed::forget(const vsphere::MoRef& vm) {
  sets_.remove(vm);
  to_read_.erase(vm);
  hopeless_.erase(vm);
  unanswered_.erase(vm);
}

void Feed::note_unanswered(const ReadSets& read) {
  for (const auto& [vm, has_tpm] : read.has_tpm) unanswered_.erase(vm);
  for (const vsphere::MoRef& vm : read.failed) unanswered_.insert(vm);
  for (const vsphere::MoRef& vm : read.gone) {
    // What has gone leaves the inventory. A lost session, too, answers with nothing.
    if (!inventory_.vm_facts(vm)) continue;
    unanswered_.insert(vm);
    to_read_.insert(vm);
  }
}

void Feed::publish_read(ReadSets& read, InventoryChange& change) {
  note_unanswered(read);
  hopeless_.insert(read.failed.begin(), read.failed.end());
  bool answered = false;
  for (const VersionPtr& version : read.versions) {
    const VersionPtr former = sets_.latest(version->vm);
    answered = answered || (former && former->origin_pending && !version->origin_pending);
    if (sets_.store(version)) change.vms.push_back(version->vm);
  }
  // Who was asked answers again: the others can be told, too.
  if (answered) {
    for (const vsphere::MoRef& vm : pending_origins()) to_read_.insert(vm);
  }
  // The files are there: now the VM may show, or vanish.
  change.merge(inventory_.set_has_tpm(read.has_tpm));
  std::set<vsphere::MoRef> hidden;
  for (const auto& [vm, has_tpm] : read.has_tpm) hidden.insert(vm);
  for (const VersionPtr& version : read.versions) hidden.erase(version->vm);
  for (const vsphere::MoRef& vm : hidden) sets_.remove(vm);
}

std::vector<vsphere::MoRef> Feed::pending_origins() const {
  std::vector<vsphere::MoRef> pending;
  for (const VersionPtr& version : sets_.all_latest()) {
    if (version->origin_pending) pending.push_back(version->vm);
  }
  std::sort(pending.begin(), pending.end());
  return pending;
}

void Feed::look_at_paths() {
  for (const VersionPtr& version : sets_.all_latest()) {
    if (inventory_.inventory_path(version->vm) != version->inventory_path) {
      to_read_.insert(version->vm);
    }
  }
}

void Feed::look_for_unplaced() {
  std::vector<vsphere::MoRef> unplaced;
  for (const vsphere::MoRef& vm : inventory_.unplaced_vms()) {
    if (inventory_.wants_details(vm)) unplaced.push_back(vm);
  }
  std::sort(unplaced.begin(), unplaced.end());
  std::string names;
  {
    const std::lock_guard lock(mutex_);
    if (status_.unplaced == unplaced) return;
    for (const vsphere::MoRef& vm : unplaced) names += " " + vm.value;
    status_.unplaced = std::move(unplaced);
  }
  if (names.empty()) return;
  spdlog::warn("VMs whose folder cannot be seen with this account are not shown:{}", names);
}

void Feed::tell(const InventoryChange& change) const {
  for (const Listener& listener : *listeners_) listener(change);
}

void Feed::write_times() {
  // What cannot be written now is written later; until then it lives in memory.
  const Status written = times_.flush();
  const std::lock_guard lock(mutex_);
  status_.times_error.reset();
  if (!written) status_.times_error = written.error();
}

void Feed::note_answer() {
  const std::lock_guard lock(mutex_);
  // Quiet about the first of all, which nobody missed.
  if (!std::exchange(status_.alive, true) && status_.last_error)
    spdlog::info("the vCenter is followed again");
  status_.last_error.reset();
  status_.last_answer = clock_.now();
}

void Feed::note_failure(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    const vsphere::LoggedOperation of(error.operation_id);
    if (std::exchange(status_.alive, false) || failures_ == 0)
      spdlog::warn("the vCenter cannot be followed at the moment: {}", error.words);
    status_.last_error = error;
    refused_ = error.login_refused;
    ++failures_;
  }
  changed_.notify_all();
}

bool Feed::pause_after_failure() {
  std::unique_lock lock(mutex_);
  const auto over = [this] { return stopped_ || retry_; };
  // A refused login is never tried again by itself: five of them lock an account.
  if (refused_) changed_.wait(lock, over);
  changed_.wait_for(lock, pauses_.next(), over);
  if (std::exchange(retry_, false)) pauses_.reset();
  return !stopped_;
}

void Feed::retry() {
  {
    const std::lock_guard lock(mutex_);
    retry_ = status_.last_error.has_value();
  }
  changed_.notify_all();
}

Status Feed::ready(const vsphere::Call& call) {
  const auto wake = call.cancel.on_cancel([this] {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  const auto over = [&] {
    return ready_ || refused_ || stopped_ || failures_ >= kHopelessFailures ||
           call.cancel.cancelled();
  };
  changed_.wait_for(lock, call.timeout, over);
  if (ready_) return {};
  if (call.cancel.cancelled()) return fail(EINTR, "interrupted");
  if (status_.last_error) return fail(*status_.last_error);
  if (stopped_) return fail(ECANCELED, "the mount is ending");
  return fail(ETIMEDOUT, "the inventory was not read in time");
}

bool Feed::alive() const {
  const std::lock_guard lock(mutex_);
  return status_.alive;
}

Status Feed::refresh(const vsphere::MoRef& vm, const vsphere::Call& call) {
  const auto deadline = std::chrono::steady_clock::now() + call.timeout;
  while (!inventory_.vm_facts(vm)) {
    std::unique_lock lock(mutex_);
    if (stopped_) return fail(ECANCELED, "the mount is ending");
    if (call.cancel.cancelled()) return fail(EINTR, "interrupted");
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail(ETIMEDOUT, "vCenter's inventory does not show the VM yet");
    }
    changed_.wait_for(lock, kLookAgain);
  }
  InventoryChange change;
  Status read;
  {
    const std::lock_guard writing(writing_);
    ReadSets answer = sets_.reader().read({vm}, call);
    if (answer.stopped) {
      read = fail(*answer.stopped);
    } else if (!answer.gone.empty()) {
      note_unanswered(answer);
      read = fail(ENOENT, "vCenter has no answer for the VM");
    } else {
      to_read_.erase(vm);
      publish_read(answer, change);
    }
  }
  write_times();
  if (!change.empty()) tell(change);
  return read;
}

FeedStatus Feed::status() const {
  FeedStatus status;
  {
    const std::lock_guard lock(mutex_);
    status = status_;
  }
  status.vms = inventory_.all_vms().size();
  return status;
}

}  // namespace vtpmfs::cache
