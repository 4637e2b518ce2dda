// What POSIX says about directories, as simply as it can be said: a map from path to entry.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <string>

namespace vtpmfs::cache::staging_test {

/// A reference for the store. Nothing in it is fast, and nothing in it is shared with the store.
class PathModel {
 public:
  struct Entry {
    bool directory = false;
    std::string bytes;
    unsigned permissions = 0600;
    std::map<std::string, std::string> xattrs;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  PathModel() { entries_[""] = std::make_shared<Entry>(Entry{true, {}, 0700, {}}); }

  [[nodiscard]] const std::map<std::string, EntryPtr>& entries() const { return entries_; }
  [[nodiscard]] EntryPtr find(const std::string& path) const {
    const auto found = entries_.find(path);
    return found == entries_.end() ? nullptr : found->second;
  }

  int create(const std::string& parent, const std::string& name, bool directory) {
    if (!find(parent)->directory) return ENOTDIR;
    if (find(parent + "/" + name)) return EEXIST;
    entries_[parent + "/" + name] = std::make_shared<Entry>(Entry{directory, {}, 0600, {}});
    return 0;
  }
  int unlink(const std::string& parent, const std::string& name) {
    if (!find(parent)->directory) return ENOTDIR;
    const EntryPtr entry = find(parent + "/" + name);
    if (!entry) return ENOENT;
    if (entry->directory) return EISDIR;
    entries_.erase(parent + "/" + name);
    return 0;
  }
  int remove_directory(const std::string& parent, const std::string& name) {
    if (!find(parent)->directory) return ENOTDIR;
    const EntryPtr entry = find(parent + "/" + name);
    if (!entry) return ENOENT;
    if (!entry->directory) return ENOTDIR;
    if (has_children(parent + "/" + name)) return ENOTEMPTY;
    entries_.erase(parent + "/" + name);
    return 0;
  }
  int rename(const std::string& from, const std::string& to, const std::string& new_parent,
             const std::string& old_parent, unsigned flags) {
    const bool no_replace = (flags & 1U) != 0;
    const bool exchange = (flags & 2U) != 0;
    if (no_replace && exchange) return EINVAL;
    if (!find(old_parent)->directory) return ENOTDIR;
    const EntryPtr moved = find(from);
    if (!moved) return ENOENT;
    if (!find(new_parent)->directory) return ENOTDIR;
    const EntryPtr target = find(to);
    if (exchange && !target) return ENOENT;
    if (is_within(to, from) && to != from) return EINVAL;
    if (no_replace && target) return EEXIST;
    if (moved == target) return 0;
    if (exchange && is_within(from, to)) return EINVAL;
    if (target && !exchange) {
      if (moved->directory && !target->directory) return ENOTDIR;
      if (!moved->directory && target->directory) return EISDIR;
      if (target->directory && has_children(to)) return ENOTEMPTY;
      entries_.erase(to);
    }
    auto leaving = take(from);
    auto coming = exchange ? take(to) : std::map<std::string, EntryPtr>{};
    for (auto& [rest, entry] : leaving) entries_[to + rest] = entry;
    for (auto& [rest, entry] : coming) entries_[from + rest] = entry;
    return 0;
  }

 private:
  static bool is_within(const std::string& path, const std::string& above) {
    return path == above || path.rfind(above + "/", 0) == 0;
  }
  [[nodiscard]] bool has_children(const std::string& path) const {
    for (const auto& [other, entry] : entries_)
      if (other != path && is_within(other, path)) return true;
    return false;
  }
  /// The entry and what is below it, by what follows its path.
  std::map<std::string, EntryPtr> take(const std::string& path) {
    std::map<std::string, EntryPtr> taken;
    for (auto at = entries_.begin(); at != entries_.end();) {
      if (is_within(at->first, path)) {
        taken[at->first.substr(path.size())] = at->second;
        at = entries_.erase(at);
      } else {
        ++at;
      }
    }
    return taken;
  }

  std::map<std::string, EntryPtr> entries_;
};

}  // namespace vtpmfs::cache::staging_test
