#include "fs/audit/saved_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "cache/saved/config_file.h"
#include "cache/saved/file_names.h"
#include "cache/saved/firmware_file.h"
#include "cache/saved/sha256sums.h"

namespace vtpmfs::fs {
namespace {

/// A directory to be read.
struct Place {
  size_t root;
  std::string path;
  size_t depth;
  bool below_a_set;
};

/// Whether a lone file is one that vtpmfs wrote: others have a config.json, too.
bool is_ours(const TreeDirectory& directory, const std::string& name) {
  const FileContent file = directory.read(name, cache::kConfigMaxBytes, true);
  if (file.state != FileContent::State::whole) return false;
  if (name == cache::kFirmwareFile) return cache::parse_firmware(file.bytes).has_value();
  if (name == cache::kSha256SumsFile) return cache::parse_sha256sums(file.bytes).has_value();
  const auto config = cache::parse_config(file.bytes);
  return config && config->origin;
}

bool is_set(const TreeDirectory& directory, const SetNames& names) {
  const Likeness like = likeness(names);
  return like == Likeness::set ||
         (like == Likeness::content_tells && is_ours(directory, *names.known.begin()));
}

/// The places still to be read, the last one first: so few wait, however large the tree. Threads
/// end when none is left and nobody works on one that may bring more.
class Walker {
 public:
  Walker(const std::vector<TreeRoot>& roots, const WalkTerms& terms,
         const std::function<void()>& step)
      : roots_(roots), terms_(terms), step_(step), has_something_(roots.size(), false) {
    for (size_t i = roots.size(); i-- > 0;) waiting_.push_back({i, "", 0, false});
  }

  Walk walk() {
    {
      std::vector<std::jthread> others;
      for (unsigned i = 1; i < terms_.threads; ++i) others.emplace_back([this] { work(); });
      work();
    }
    for (size_t i = 0; i < roots_.size(); ++i)
      if (!has_something_[i])
        walk_.elsewhere.push_back(
            {roots_[i].name,
             {FindingCode::no_set, "", "no saved set is here: is the right disk mounted?"}});
    const auto order = [](const FoundSet& set) { return std::tie(set.root, set.path); };
    std::sort(walk_.sets.begin(), walk_.sets.end(),
              [&](const FoundSet& a, const FoundSet& b) { return order(a) < order(b); });
    std::sort(walk_.elsewhere.begin(), walk_.elsewhere.end(),
              [](const FoundElsewhere& a, const FoundElsewhere& b) { return a.path < b.path; });
    return std::move(walk_);
  }

 private:
  void work() {
    std::unique_lock hold(lock_);
    for (;;) {
      changed_.wait(hold, [&] { return !waiting_.empty() || working_ == 0; });
      if (waiting_.empty()) return;
      const Place place = std::move(waiting_.back());
      waiting_.pop_back();
      ++working_;
      hold.unlock();
      read(place);
      step_();
      hold.lock();
      --working_;
      changed_.notify_all();
    }
  }

  void read(const Place& place) {
    const auto directory = roots_[place.root].directory.enter(place.path);
    if (!directory) return tell(place, {FindingCode::unreadable, "", directory.error().words});
    {
      const std::lock_guard hold(lock_);
      if (!visited_.insert(directory->id()).second) {
        has_something_[place.root] = true;  // its sets are those of another root
        return;
      }
    }
    SetNames names;
    std::vector<std::string> below;
    bool empty = true;
    const Status listed = directory->list([&](std::string_view name, EntryKind kind) {
      const bool is_directory = kind == EntryKind::directory;
      empty = false;
      names.add(name, is_directory);
      if (is_directory && name != "lost+found" && !is_leftover(name)) below.emplace_back(name);
    });
    if (!listed) tell(place, {FindingCode::unreadable, "", listed.error().words});
    // Folders of VMs are shown, and saved, also where they are empty.
    if (listed && empty && place.depth > 0)
      tell(place, {FindingCode::empty, "",
                   "an empty folder, or a machine of which nothing could be saved"});
    const bool set = is_set(*directory, names);
    if (!set && names.leftover_count > 0) tell(place, leftovers(names));
    descend(place, below, set);
    if (!set) return;
    const std::lock_guard hold(lock_);
    has_something_[place.root] = true;
    walk_.sets.push_back({&roots_[place.root], place.path, std::move(names), place.below_a_set});
  }

  void descend(const Place& place, std::vector<std::string>& below, bool is_set) {
    if (terms_.skip_staging && std::find(below.begin(), below.end(), "vm") != below.end())
      below.erase(std::remove(below.begin(), below.end(), "restore"), below.end());
    if (below.empty()) return;
    if (place.depth == kMaxTreeDepth)
      return tell(place, {FindingCode::unreadable, "",
                          fmt::format("more than {} levels deep: what is below was not looked at",
                                      kMaxTreeDepth)});
    const std::lock_guard hold(lock_);
    for (const std::string& name : below)
      waiting_.push_back({place.root, place.path.empty() ? name : place.path + '/' + name,
                          place.depth + 1, place.below_a_set || is_set});
    changed_.notify_all();
  }

  void tell(const Place& place, Finding finding) {
    const std::lock_guard hold(lock_);
    walk_.elsewhere.push_back({joined(roots_[place.root].name, place.path), std::move(finding)});
  }

  static Finding leftovers(const SetNames& names) {
    return {FindingCode::leftover, names.leftovers.front(),
            "a copying tool was broken off here, or still runs"};
  }

  const std::vector<TreeRoot>& roots_;
  const WalkTerms& terms_;
  const std::function<void()>& step_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<Place> waiting_;
  size_t working_ = 0;
  std::set<DirectoryId> visited_;
  std::vector<bool> has_something_;  ///< by root
  Walk walk_;
};

}  // namespace

std::string joined(const std::string& name, const std::string& path) {
  if (path.empty()) return name;
  return name.ends_with('/') ? name + path : name + '/' + path;
}

std::string FoundSet::full_path() const {
  return joined(root->name, path);
}

Walk walk_saved_trees(const std::vector<TreeRoot>& roots, const WalkTerms& terms,
                      const std::function<void()>& step) {
  return Walker(roots, terms, step).walk();
}

}  // namespace vtpmfs::fs
