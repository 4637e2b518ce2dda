#include "cache/times/first_seen.h"

#include <cstring>
#include <utility>

#include "cache/saved/sha256.h"

namespace vtpmfs::cache {
namespace {

using std::chrono::nanoseconds;

constexpr int64_t kSecond = 1'000'000'000;
/// A new file is written anew where the log holds this many records more than twice the living.
constexpr size_t kSpareRecords = 4096;

/// The year 2261: a nanosecond count of more is damage, and could not become a later second.
constexpr int64_t kLatest = 9'180'000'000 * kSecond;

constexpr const char* kLogName = "times";
constexpr const char* kReadOnlyLogName = "times.ro";

int64_t number(WallTime time) {
  return time.time_since_epoch().count();
}

WallTime wall_time(int64_t value) {
  return WallTime(nanoseconds(value));
}

int64_t second_of(int64_t value) {
  return value / kSecond - (value % kSecond < 0 ? 1 : 0);
}

/// `wanted`, but in a later second than `former`.
int64_t later_than(int64_t former, int64_t wanted) {
  if (second_of(wanted) > second_of(former)) return wanted;
  return (second_of(former) + 1) * kSecond;
}

}  // namespace

ContentId content_id(std::string_view bytes) {
  const Sha256Hash hash = sha256(bytes);
  ContentId id;
  std::memcpy(id.data(), hash.data(), id.size());
  return id;
}

size_t FirstSeen::KeyHash::operator()(const TimeKey& key) const noexcept {
  size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);  // a piece of a SHA-256 already
  return hash;
}

Result<std::unique_ptr<FirstSeen>> FirstSeen::open(const StateDirectory& directory,
                                                   std::string vcenter, const Clock& clock) {
  const char* name = directory.read_only() ? kReadOnlyLogName : kLogName;
  const char* other = directory.read_only() ? kLogName : kReadOnlyLogName;
  std::unique_ptr<FirstSeen> seen(
      new FirstSeen(std::move(vcenter), clock, TimeLog(directory.path(), name)));
  for (const std::string& path : {directory.path() + "/" + other, seen->log_.path()}) {
    auto records = TimeLog::read(path);
    if (!records) return fail(std::move(records.error()));
    for (const TimeRecord& record : *records) {
      if (record.nanoseconds > kLatest) continue;
      // The two files may differ in what came last: the later time is that of the later content.
      Entry& entry = seen->entries_[record.key];
      if (record.nanoseconds >= entry.nanoseconds) {
        entry = Entry{record.content, record.nanoseconds, false};
      }
    }
    if (path == seen->log_.path()) seen->log_.set_size(records->size());
  }
  return seen;
}

FirstSeen::FirstSeen(std::string vcenter, const Clock& clock, TimeLog log)
    : vcenter_(std::move(vcenter)), clock_(clock), log_(std::move(log)) {}

TimeKey FirstSeen::key_of(const vsphere::MoRef& vm, std::string_view file) const {
  std::string name = vcenter_;
  for (const std::string_view part :
       {std::string_view(vm.type), std::string_view(vm.value), file}) {
    name += '\0';
    name += part;
  }
  return content_id(name);
}

WallTime FirstSeen::remember(const TimeKey& key, const ContentId& content, WallTime time) {
  Entry& entry = entries_[key];
  entry = Entry{content, number(time), true};
  unwritten_.push_back(TimeRecord{key, content, entry.nanoseconds});
  return time;
}

WallTime FirstSeen::time_of(const vsphere::MoRef& vm, std::string_view file,
                            const ContentId& content, std::optional<WallTime> first,
                            std::optional<WallTime> next) {
  const TimeKey key = key_of(vm, file);
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key);
  if (known == entries_.end()) return remember(key, content, first.value_or(clock_.now()));
  known->second.asked = true;
  if (known->second.content == content) return wall_time(known->second.nanoseconds);
  const int64_t wanted = number(next.value_or(clock_.now()));
  return remember(key, content, wall_time(later_than(known->second.nanoseconds, wanted)));
}

std::optional<WallTime> FirstSeen::last_time(const vsphere::MoRef& vm, std::string_view file) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key_of(vm, file));
  if (known == entries_.end()) return std::nullopt;
  known->second.asked = true;
  return wall_time(known->second.nanoseconds);
}

std::optional<ContentId> FirstSeen::last_content(const vsphere::MoRef& vm, std::string_view file) {
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(key_of(vm, file));
  if (known == entries_.end()) return std::nullopt;
  known->second.asked = true;
  return known->second.content;
}

WallTime FirstSeen::changed_unseen(const vsphere::MoRef& vm, std::string_view file) {
  const TimeKey key = key_of(vm, file);
  const std::lock_guard lock(mutex_);
  const Entry known = entries_[key];
  return remember(key, known.content,
                  wall_time(later_than(known.nanoseconds, number(clock_.now()))));
}

Status FirstSeen::flush() {
  const std::lock_guard writing(log_mutex_);
  std::vector<TimeRecord> records;
  {
    const std::lock_guard lock(mutex_);
    records.swap(unwritten_);
  }
  Status written = log_.append(records);
  if (!written) put_back(std::move(records));
  return written;
}

Status FirstSeen::compact() {
  const std::lock_guard writing(log_mutex_);
  std::vector<TimeRecord> records;
  std::vector<TimeRecord> unwritten;
  {
    const std::lock_guard lock(mutex_);
    size_t living = 0;
    for (const auto& [key, entry] : entries_) living += entry.asked ? 1 : 0;
    if (log_.size() + unwritten_.size() <= 2 * living + kSpareRecords) return {};
    records.reserve(living);
    for (auto it = entries_.begin(); it != entries_.end();) {
      if (!it->second.asked) {
        it = entries_.erase(it);
        continue;
      }
      records.push_back(TimeRecord{it->first, it->second.content, it->second.nanoseconds});
      ++it;
    }
    unwritten.swap(unwritten_);  // they are among those
  }
  Status written = log_.replace(records);
  if (!written) put_back(std::move(unwritten));
  return written;
}

void FirstSeen::put_back(std::vector<TimeRecord> records) {
  const std::lock_guard lock(mutex_);
  records.insert(records.end(), unwritten_.begin(), unwritten_.end());
  unwritten_ = std::move(records);
}

}  // namespace vtpmfs::cache
