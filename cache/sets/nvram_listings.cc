#include "cache/sets/nvram_listings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

namespace vtpmfs::cache {
namespace {

/// More directories than this are listed by one search of the whole datastore.
constexpr size_t kFewDirectories = 16;
/// A datastore that takes longer is listed by directories where a few are wanted ...
constexpr std::chrono::milliseconds kSlowForFew{1000};
/// ... and always, where it takes this long (a large vSAN).
constexpr std::chrono::milliseconds kTooSlow{10000};
/// Then, and after a failure, the whole is searched again after this time only.
constexpr std::chrono::minutes kBulkPause{10};
/// One search may take this part of a call's time: what a datastore that hangs takes away.
constexpr int kSearchesPerCall = 3;
/// ... but for calls that have little time anyway.
constexpr std::chrono::milliseconds kShortSearch{5000};
/// Datastores that are listed at a time.
constexpr size_t kAtATime = 8;

vsphere::Call one_search(vsphere::Call call) {
  call.timeout = std::max(call.timeout / kSearchesPerCall, std::min(call.timeout, kShortSearch));
  return call;
}

bool is_nvram(std::string_view name) {
  return vsphere::is_plain_nvram_name(name);
}

}  // namespace

bool is_of_connection(const Error& error) {
  switch (error.code.value()) {
    case EHOSTUNREACH:
    case ETIMEDOUT:
      return error.fault == nullptr;  // with a fault it is one ESXi host, or one datastore
    case EINTR:
    case ECANCELED:
      return true;
    default:
      return false;
  }
}

NvramListings::NvramListings(vsphere::VmSource& source, const Clock& clock)
    : source_(source), clock_(clock) {}

Status NvramListings::read_places(const vsphere::Call& call) {
  auto places = source_.datastores(call);
  if (!places) return fail(std::move(places.error()));
  std::vector<DatastorePlacePtr> shared;
  shared.reserve(places->size());
  for (vsphere::DatastorePlace& place : *places) {
    shared.push_back(std::make_shared<const vsphere::DatastorePlace>(std::move(place)));
  }
  const std::lock_guard lock(mutex_);
  places_ = std::move(shared);
  return {};
}

NvramListings::DatastorePlacePtr NvramListings::place(
    const std::string& name, const std::optional<vsphere::MoRef>& datacenter,
    const std::vector<vsphere::MoRef>& datastores) const {
  const std::lock_guard lock(mutex_);
  DatastorePlacePtr found;
  for (const DatastorePlacePtr& place : places_) {
    if (place->name != name) continue;
    if (datacenter && place->datacenter == *datacenter) return place;
    if (datacenter) continue;
    const bool own =
        std::find(datastores.begin(), datastores.end(), place->datastore) != datastores.end();
    if (own && !found) found = place;
  }
  return found;
}

uint64_t NvramListings::stamp() const {
  const std::lock_guard lock(mutex_);
  return stamp_;
}

Status NvramListings::list(const std::vector<Wanted>& wanted, uint64_t after,
                           const vsphere::Call& call) {
  return list_each(wanted, call,
                   [&](const Wanted& datastore) { return list_one(datastore, after, call); });
}

Status NvramListings::poll(const std::vector<Wanted>& wanted, const vsphere::Call& call) {
  return list_each(wanted, call,
                   [&](const Wanted& datastore) { return poll_one(datastore, call); });
}

Status NvramListings::list_each(const std::vector<Wanted>& wanted, const vsphere::Call& call,
                                const ListOne& list_one) {
  std::vector<Status> listed(wanted.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < wanted.size(); i = next++) listed[i] = list_one(wanted[i]);
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(wanted.size(), kAtATime); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  bool late = false;
  for (Status& status : listed) {
    if (status) continue;
    if (status.error().code != Errno{ETIMEDOUT}) return std::move(status);
    late = true;
  }
  if (!late) return {};
  // A datastore may be slow, or vCenter be away: that is told by asking it for something else.
  Status answered = read_places(call);
  if (!answered && is_of_connection(answered.error())) return answered;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!listed[i]) note_sick(wanted[i], listed[i].error());
  }
  return {};
}

Status NvramListings::list_one(const Wanted& wanted, uint64_t after, const vsphere::Call& call) {
  bool by_directory = false;
  {
    const std::lock_guard lock(mutex_);
    const Datastore& known = datastores_[wanted.place->datastore];
    if (known.whole && known.whole_stamp > after) return {};
    const bool few = wanted.directories.size() <= kFewDirectories;
    const bool slow = known.bulk_time > kSlowForFew && wanted.directories.size() <= 2;
    by_directory = clock_.monotonic() < known.no_bulk_before ||
                   (known.whole && few && (slow || wanted.directories.size() == 1));
  }
  if (is_sick(*wanted.place)) return {};
  return by_directory ? list_directories(wanted, call) : list_all(wanted, call);
}

Status NvramListings::poll_one(const Wanted& wanted, const vsphere::Call& call) {
  if (!is_sick(*wanted.place)) return list_all(wanted, call);
  // One directory tells whether it answers again; if so, all that was not asked for is to be read.
  if (Status probed = list_directory(*wanted.place, *wanted.directories.begin(), call); !probed) {
    return probed;
  }
  {
    const std::lock_guard lock(mutex_);
    Datastore& datastore = datastores_[wanted.place->datastore];
    datastore.sick.reset();
    datastore.no_bulk_before = {};
  }
  return list_all(wanted, call);
}

Status NvramListings::list_all(const Wanted& wanted, const vsphere::Call& call) {
  if (lists_whole(*wanted.place)) {
    Status listed = list_whole(*wanted.place, call);
    if (listed) return listed;
    if (is_of_connection(listed.error()) && listed.error().code != Errno{ETIMEDOUT}) return listed;
    const std::lock_guard lock(mutex_);
    datastores_[wanted.place->datastore].no_bulk_before = clock_.monotonic() + kBulkPause;
  }
  return list_directories(wanted, call);
}

Status NvramListings::list_directories(const Wanted& wanted, const vsphere::Call& call) {
  for (const std::string& directory : wanted.directories) {
    if (Status listed = list_directory(*wanted.place, directory, call); !listed) return listed;
  }
  return {};
}

bool NvramListings::is_sick(const vsphere::DatastorePlace& place) const {
  const std::lock_guard lock(mutex_);
  const auto known = datastores_.find(place.datastore);
  return known != datastores_.end() && known->second.sick.has_value();
}

void NvramListings::note_sick(const Wanted& wanted, const Error& error) {
  const std::lock_guard lock(mutex_);
  Datastore& datastore = datastores_[wanted.place->datastore];
  if (!datastore.sick) {
    spdlog::warn("datastore {} does not answer: its VMs cannot be saved now ({})",
                 wanted.place->name, error.words);
  }
  datastore.sick = Error{Errno{ETIMEDOUT},
                         "datastore " + wanted.place->name + " does not answer: " + error.words};
}

bool NvramListings::lists_whole(const vsphere::DatastorePlace& place) const {
  const std::lock_guard lock(mutex_);
  const auto known = datastores_.find(place.datastore);
  return known == datastores_.end() || clock_.monotonic() >= known->second.no_bulk_before;
}

Status NvramListings::list_whole(const vsphere::DatastorePlace& place, const vsphere::Call& call) {
  const MonotonicTime start = clock_.monotonic();
  auto files = source_.list_nvram(place, std::nullopt, one_search(call));
  if (!files) return fail(std::move(files.error()));
  const std::lock_guard lock(mutex_);
  Datastore& datastore = datastores_[place.datastore];
  datastore.files = std::move(*files);
  datastore.whole = true;
  datastore.whole_stamp = ++stamp_;
  datastore.unlistable.clear();
  datastore.listed.clear();
  datastore.bulk_time =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - start);
  if (datastore.bulk_time > kTooSlow) datastore.no_bulk_before = clock_.monotonic() + kBulkPause;
  return {};
}

Status NvramListings::list_directory(const vsphere::DatastorePlace& place,
                                     const std::string& directory, const vsphere::Call& call) {
  auto files = source_.list_nvram(place, directory, one_search(call));
  if (!files && (is_of_connection(files.error()) || files.error().code == Errno{ETIMEDOUT})) {
    return fail(std::move(files.error()));
  }
  const std::lock_guard lock(mutex_);
  Datastore& datastore = datastores_[place.datastore];
  if (!files) {
    datastore.unlistable.insert_or_assign(directory, std::move(files.error()));
    return {};
  }
  const std::string prefix = directory.empty() ? "" : directory + "/";
  for (auto it = datastore.files.lower_bound(prefix);
       it != datastore.files.end() && it->first.compare(0, prefix.size(), prefix) == 0;) {
    const bool deeper = it->first.find('/', prefix.size()) != std::string::npos;
    it = deeper ? std::next(it) : datastore.files.erase(it);
  }
  for (auto& [path, file] : *files) datastore.files.insert_or_assign(path, file);
  datastore.unlistable.erase(directory);
  if (!datastore.whole) datastore.listed.insert(directory);
  return {};
}

NvramFound NvramListings::find(const NvramPlace& place) const {
  NvramFound found;
  if (!place.datastore) {
    found.error = Error{Errno{EIO}, "the datastore of the VM is not to be seen"};
    return found;
  }
  const std::lock_guard lock(mutex_);
  const auto known = datastores_.find(place.datastore->datastore);
  if (known == datastores_.end()) return found;
  const Datastore& datastore = known->second;
  if (datastore.sick) {
    found.error = datastore.sick;
    return found;
  }
  if (const auto error = datastore.unlistable.find(place.directory);
      error != datastore.unlistable.end()) {
    found.error = error->second;
    return found;
  }
  if (!datastore.whole && datastore.listed.count(place.directory) == 0) return found;

  found.state = NvramFound::State::none;
  if (place.path) {
    const auto file = datastore.files.find(*place.path);
    if (file != datastore.files.end() && file->second.size > 0) {
      found.state = NvramFound::State::listed;
      found.file = file->second;
      return found;
    }
  }
  if (place.directory.empty()) return found;  // the datastore's root is no VM's own
  const std::string prefix = place.directory + "/";
  for (auto it = datastore.files.lower_bound(prefix);
       it != datastore.files.end() && it->first.compare(0, prefix.size(), prefix) == 0; ++it) {
    const std::string_view name = std::string_view(it->first).substr(prefix.size());
    if (is_nvram(name) && it->second.size > 0) found.others = true;
  }
  return found;
}

}  // namespace vtpmfs::cache
