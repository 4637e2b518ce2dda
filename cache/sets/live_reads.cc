// Opening and reading, and what comes of a fetch.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cache/sets/live_vm_sets.h"

namespace vtpmfs::cache {
namespace {

constexpr std::string_view kListedAs = "nvram, as listed";
constexpr std::string_view kBytes = "nvram, bytes";

ContentId content_id_of(const Sha256Hash& hash) {
  ContentId id;
  std::memcpy(id.data(), hash.data(), id.size());
  return id;
}

uint64_t tag_of(const Sha256Hash& hash) {
  uint64_t tag = 0;
  std::memcpy(&tag, hash.data(), sizeof tag);
  return tag == 0 ? 1 : tag;
}

bool same_text(const SetVersion& a, const SetVersion& b, FileRole role) {
  const bool has = a.text(role) != nullptr;
  return has == (b.text(role) != nullptr) &&
         (!has || a.hashes[index_of(role)] == b.hashes[index_of(role)]);
}

/// Whether a generation can go over to another version unseen: all sizes as they were promised, and
/// all bytes that were given out.
bool can_take_the_place_of(const SetVersion& version, const Generation& generation) {
  const SetVersion& former = *generation.version;
  if (version.listing.files.size() != former.listing.files.size()) return false;
  for (const SetFile& file : former.listing.files) {
    const SetFile* now = version.listing.find(file.role);
    if (now == nullptr || now->size != file.size) return false;
    if (generation.given[index_of(file.role)] && !same_text(version, former, file.role)) {
      return false;
    }
  }
  return true;
}

/// Whether what seals nvram is the same in both, and nvram of the size that was promised. (The rest
/// of the configuration may differ: the generation goes on with what it gave out.)
bool seals_alike(const SetVersion& version, const SetVersion& former) {
  const SetFile* nvram = version.listing.find(FileRole::nvram);
  const SetFile* promised = former.listing.find(FileRole::nvram);
  if (nvram == nullptr || promised == nullptr || nvram->size != promised->size) return false;
  const auto seals = {FileRole::key_id, FileRole::encryption_bundle, FileRole::firmware,
                      FileRole::vtpm};
  return std::all_of(seals.begin(), seals.end(),
                     [&](FileRole role) { return same_text(version, former, role); });
}

}  // namespace

Result<PinnedSetPtr> LiveVmSets::open(const vsphere::MoRef& vm, FileRole role) {
  bool changed = false;
  auto opened = [&]() -> Result<PinnedSetPtr> {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(vm);
    if (found == slots_.end()) return fail(ENOENT, "no such VM");
    changed = drop_untouched_locked(found->second);
    return open_locked(found->second, role);
  }();
  if (changed) tell({vm});
  return opened;
}

Result<PinnedSetPtr> LiveVmSets::open_locked(const SlotPtr& slot, FileRole role) {
  GenerationPtr generation = slot->pinned;
  // What is open is what is shown. A spoiled generation is shown no more; it only keeps those files
  // back that would not belong together.
  if (generation && generation->spoiled && !is_sealing(role)) generation = nullptr;
  if (!generation) generation = std::make_shared<Generation>(slot, slot->latest, clock_);
  const SetVersion& version = *generation->version;
  if (!version.lists(role)) return fail(ENOENT, "the VM has no such file");
  if (const Error* error = version.why_not(role)) return fail(*error);
  const bool needs_whole = is_sealing(role) && version.lists(FileRole::nvram);
  if (needs_whole && generation->state == Generation::State::idle) {
    if (generation->spoiled) return fail(*generation->spoiled);
    if (!become_whole_from_cache_locked(*generation)) {
      if (auto error = held_back_locked(*slot)) return fail(std::move(*error));
    }
  }
  // An incomplete version has nothing that could be torn, and must not hide a better one.
  if (!slot->pinned && !version.listing.incomplete) {
    slot->pinned = generation;
    pinned_.insert(slot);
  }
  const uint64_t tag = tag_locked(*generation, role);
  const bool same = tag != 0 && tag == slot->given_tags[index_of(role)];
  return std::make_shared<PinnedSet>(std::move(generation), role, same);
}

SetFile LiveVmSets::file_of(const PinnedSetPtr& set, FileRole role) {
  const std::lock_guard lock(mutex_);
  const SetFile* file = set->generation->version->listing.find(role);
  return file == nullptr ? SetFile{role, 0, {}} : *file;
}

bool LiveVmSets::same_content_as_before(const PinnedSetPtr& set, FileRole role) {
  return set->role == role && set->same_as_before;
}

uint64_t LiveVmSets::tag_locked(const Generation& generation, FileRole role) const {
  const SetVersion& version = *generation.version;
  // Pages that the kernel keeps are read without asking: not before the set was had whole.
  const bool with_nvram = version.lists(FileRole::nvram);
  if (is_sealing(role) && with_nvram && !generation.nvram) return 0;
  if (role == FileRole::nvram) return tag_of(generation.nvram_hash);
  if (role == FileRole::sha256sums && with_nvram) {
    uint64_t tag = tag_of(generation.nvram_hash);
    for (const FileRole summed : kFileRoles) {
      if (version.text(summed)) tag = tag * 31 + tag_of(version.hashes[index_of(summed)]);
    }
    return tag;
  }
  return version.text(role) ? tag_of(version.hashes[index_of(role)]) : 0;
}

std::optional<Error> LiveVmSets::held_back_locked(VmSlot& slot) const {
  const MonotonicTime now = clock_.monotonic();
  if (slot.ahead_failure) slot.failure = std::exchange(slot.ahead_failure, std::nullopt);
  if (slot.failure && now < slot.failure->retry_at) return slot.failure->error;
  if (away_ && now < away_->retry_at) return away_->error;
  return std::nullopt;
}

Result<FileBytes> LiveVmSets::give_locked(Generation& generation, FileRole role) {
  FileBytes bytes = role == FileRole::nvram ? generation.nvram : generation.version->text(role);
  if (role == FileRole::sha256sums && generation.sums) bytes = generation.sums;
  if (!bytes) return fail(ENODATA, "vCenter has no value");
  generation.given[index_of(role)] = true;
  generation.slot->given_tags[index_of(role)] = tag_locked(generation, role);
  generation.touch();
  return bytes;
}

std::optional<Result<FileBytes>> LiveVmSets::answer_locked(Generation& generation, FileRole role) {
  const SetVersion& version = *generation.version;
  if (!version.lists(role)) return fail(ENOENT, "the VM has no such file");
  if (const Error* error = version.why_not(role)) return fail(*error);
  if (!is_sealing(role) || !version.lists(FileRole::nvram) ||
      generation.state == Generation::State::whole) {
    return give_locked(generation, role);
  }
  if (generation.spoiled) return fail(*generation.spoiled);
  if (generation.state == Generation::State::fetching) return std::nullopt;
  if (become_whole_from_cache_locked(generation)) return give_locked(generation, role);
  if (auto error = held_back_locked(*generation.slot)) return fail(std::move(*error));
  if (stopping_) return fail(ECANCELED, "the mount is ending");
  return std::nullopt;
}

void LiveVmSets::read(const PinnedSetPtr& set, FileRole role, const vsphere::Call& call,
                      ReadDone done) {
  const GenerationPtr& generation = set->generation;
  std::optional<Result<FileBytes>> answer;
  std::shared_ptr<Waiter> waiter;
  std::shared_ptr<SetFetch> fetch;
  {
    const std::lock_guard lock(mutex_);
    answer = answer_locked(*generation, role);
    if (!answer) {
      waiter = std::make_shared<Waiter>();
      waiter->role = role;
      waiter->done = std::move(done);
      generation->waiters.push_back(waiter);
      if (generation->state == Generation::State::idle) {
        fetch = begin_fetch_locked(generation, call.timeout);
      }
    }
  }
  if (fetch) {
    fetch->start();
  } else if (waiter) {
    admit_downloads();  // it may wait in the line of those that nobody waits for
  }
  if (is_sealing(role)) fetch_ahead(generation->slot->vm);
  // NOLINTNEXTLINE(bugprone-use-after-move): moved only where there was no answer.
  if (answer) return done(std::move(*answer));
  auto on_cancel =
      call.cancel.on_cancel([this, generation, waiting = std::weak_ptr<Waiter>(waiter)] {
        if (const auto waiter_now = waiting.lock()) give_up_waiting(generation, waiter_now);
      });
  const std::lock_guard lock(mutex_);
  const auto& waiters = generation->waiters;
  // Where the answer came before, the registration goes with this function, without the lock.
  if (std::find(waiters.begin(), waiters.end(), waiter) != waiters.end()) {
    waiter->on_cancel = std::move(on_cancel);
  }
}

std::shared_ptr<SetFetch> LiveVmSets::begin_fetch_locked(const GenerationPtr& generation,
                                                         std::chrono::milliseconds timeout) {
  const uint64_t number = ++last_fetch_;
  generation->fetch_number = number;
  generation->state = Generation::State::fetching;
  generation->fetch_deadline = clock_.monotonic() + timeout;
  FetchSteps& steps = *this;
  auto fetch = std::make_shared<SetFetch>(
      steps, clock_, generation->version, generation->fetch_deadline,
      [this, generation, number](const VersionPtr& version) {
        return adopt(generation, number, version);
      },
      [this, generation, number](Result<FetchedSet> result) {
        finished(generation, number, std::move(result));
      });
  fetches_.emplace(number, fetch);
  return fetch;
}

void LiveVmSets::give_up_waiting(const GenerationPtr& generation,
                                 const std::shared_ptr<Waiter>& waiter) {
  std::shared_ptr<SetFetch> fetch;
  {
    const std::lock_guard lock(mutex_);
    auto& waiters = generation->waiters;
    const auto found = std::find(waiters.begin(), waiters.end(), waiter);
    if (found == waiters.end()) return;
    waiters.erase(found);
    if (waiters.empty() && generation->state == Generation::State::fetching) {
      // Nobody else waits. Who comes now starts another one.
      fetch = fetches_[std::exchange(generation->fetch_number, 0)];
      generation->state = Generation::State::idle;
    }
  }
  if (fetch) fetch->cancel();
  waiter->done(fail(EINTR, "interrupted"));
}

NvramBytes* LiveVmSets::cached_locked(const SetVersion& version) {
  const NvramPlace& place = version.nvram_place;
  if (!place.datastore || !place.path || version.nvram.state != NvramFound::State::listed) {
    return nullptr;
  }
  NvramBytes* cached = cache_.find(version.vm, *place.datastore, *place.path, version.nvram.file);
  // A reconfiguration may have written it anew within the same second, at the same size.
  const bool outdated = cached != nullptr && cached->change_version != version.change_version;
  return outdated ? nullptr : cached;
}

bool LiveVmSets::become_whole_from_cache_locked(Generation& generation) {
  NvramBytes* cached = cached_locked(*generation.version);
  if (cached == nullptr) return false;
  cached->ahead = false;
  become_whole_locked(generation, cached->bytes, cached->hash);
  return true;
}

void LiveVmSets::become_whole_locked(Generation& generation, FileBytes nvram,
                                     const Sha256Hash& hash) {
  generation.nvram = std::move(nvram);
  generation.nvram_hash = hash;
  generation.sums = std::make_shared<const std::string>(render_sums(*generation.version, &hash));
  generation.state = Generation::State::whole;
  generation.slot->failure.reset();
  generation.slot->ahead_failure.reset();
}

Result<VersionPtr> LiveVmSets::adopt(const GenerationPtr& generation, uint64_t number,
                                     const VersionPtr& version) {
  bool changed = false;
  auto adopted = [&] {
    const std::lock_guard lock(mutex_);
    return adopt_locked(*generation, number, version, changed);
  }();
  // Nobody else will: what is newest is what is shown from now on.
  if (changed) tell({generation->slot->vm});
  return adopted;
}

Result<VersionPtr> LiveVmSets::adopt_locked(Generation& generation, uint64_t number,
                                            const VersionPtr& version, bool& changed) {
  if (generation.fetch_number != number) return fail(EINTR, "nobody waits for it any more");
  if (version->listing.incomplete) return fail(*version->listing.incomplete);
  if (can_take_the_place_of(*version, generation)) {
    changed = !looks_the_same(generation.version->listing, version->listing);
    generation.version = version;
    return version;
  }
  if (seals_alike(*version, *generation.version)) return version;
  generation.spoiled = Error{
      Errno{EIO}, "the VM was changed while its files were read: copy the directory once more"};
  changed = true;
  return fail(*generation.spoiled);
}

void LiveVmSets::finished(const GenerationPtr& generation, uint64_t number,
                          Result<FetchedSet> result) {
  looks_.ended(generation->slot->vm);
  end_fetch(generation, number, std::move(result));
  std::shared_ptr<SetFetch> ended;  // goes without the lock
  const std::lock_guard lock(mutex_);
  ended = std::move(fetches_[number]);
  fetches_.erase(number);
  changed_.notify_all();
}

void LiveVmSets::end_fetch_locked(const GenerationPtr& generation, Result<FetchedSet>& result,
                                  Answers& answers, std::vector<vsphere::MoRef>& changed) {
  VmSlot& slot = *generation->slot;
  const bool was_incomplete = slot.failure.has_value();
  const bool ahead = generation->waiters.empty();
  generation->fetch_number = 0;
  generation->state = Generation::State::idle;
  if (result) {
    become_whole_locked(*generation, result->nvram, result->hash);
    remember_fetched_locked(slot, *result, ahead);
  } else if (!generation->spoiled) {
    remember_failure_locked(ahead ? slot.ahead_failure : slot.failure, result.error());
  }
  if (ahead) let_go_of_unread_locked(generation);
  if (was_incomplete != slot.failure.has_value() || generation->spoiled) changed.push_back(slot.vm);
  for (std::shared_ptr<Waiter>& waiter : generation->waiters) {
    Result<FileBytes> answer =
        result ? give_locked(*generation, waiter->role) : Result<FileBytes>(fail(result.error()));
    answers.emplace_back(std::move(waiter), std::move(answer));
  }
  generation->waiters.clear();
  generation->touch();
}

void LiveVmSets::end_fetch(const GenerationPtr& generation, uint64_t number,
                           Result<FetchedSet> result) {
  Answers answers;
  std::vector<vsphere::MoRef> changed;
  std::shared_ptr<SetFetch> again;
  {
    const std::lock_guard lock(mutex_);
    if (generation->fetch_number != number) return;  // nobody waits for this one any more
    if (!result && result.error().code == Errno{kNotWanted} && !generation->waiters.empty() &&
        !stopping_) {
      again = begin_fetch_locked(generation, settings_.timeout);  // somebody has come meanwhile
    } else {
      end_fetch_locked(generation, result, answers, changed);
    }
  }
  if (again) return again->start();
  for (auto& [waiter, answer] : answers) {
    waiter->on_cancel = {};
    waiter->done(std::move(answer));
  }
  tell(changed);
}

void LiveVmSets::remember_fetched_locked(VmSlot& slot, const FetchedSet& fetched, bool ahead) {
  away_.reset();
  slot.crash_consistent = fetched.crash_consistent;
  const SetVersion& version = *fetched.version;
  cache_.put(slot.vm, NvramBytes{*version.nvram_place.path,
                                 version.nvram_place.datastore->datastore, fetched.found.file,
                                 fetched.nvram, fetched.hash, ahead, version.change_version});
  // Other bytes under the same size and time: whoever copied the old ones must see a new time.
  const ContentId listed = nvram_content_id(fetched.found.file, version.change_version);
  const ContentId bytes = content_id_of(fetched.hash);
  const auto known_listed = times_.last_content(slot.vm, kListedAs);
  const auto known_bytes = times_.last_content(slot.vm, kBytes);
  if (known_listed == listed && known_bytes && *known_bytes != bytes && slot.latest) {
    if (VersionPtr later = reader_.builder().with_nvram_changed(slot.latest)) {
      slot.latest = std::move(later);
    }
  }
  times_.time_of(slot.vm, kListedAs, listed, std::nullopt);
  times_.time_of(slot.vm, kBytes, bytes, std::nullopt);
}

void LiveVmSets::remember_failure_locked(std::optional<VmSlot::Failure>& failure,
                                         const Error& error) {
  if (error.code == Errno{EINTR} || error.code == Errno{ECANCELED} ||
      error.code == Errno{kNotWanted}) {
    return;
  }
  const MonotonicTime now = clock_.monotonic();
  const auto pause = next_pause(failure);
  failure = VmSlot::Failure{error, now + pause, pause};
}

std::chrono::milliseconds LiveVmSets::next_pause(
    const std::optional<VmSlot::Failure>& former) const {
  if (!former) return settings_.first_pause;
  return std::min(former->pause * 2, settings_.longest_pause);
}

}  // namespace vtpmfs::cache
