// Names and attributes. Bytes and handles are in reference_files.cc, what becomes of sets is in
// reference_sets.cc.
#include "tests/unit/restore_model/reference.h"

#include <algorithm>
#include <cerrno>

#include "tests/unit/restore_model/contents.h"

namespace vtpmfs::fs::restore_model {
namespace {

std::string words_of(const std::set<int>& codes) {
  std::string words;
  for (const int code : codes)
    words += (words.empty() ? "" : " or ") +
             (code == kWaits ? std::string("it waits") : std::to_string(code));
  return words;
}

}  // namespace

int code_of(const std::string& name) {
  static const std::map<std::string, int> codes{
      {"ok", 0}, {"ENOKEY", ENOKEY}, {"ENOSPC", ENOSPC}, {"EHOSTUNREACH", EHOSTUNREACH}};
  return codes.at(name);
}

Reference::Reference() : root_(std::make_shared<Entry>()) {
  root_->directory = root_->folder = true;
  root_->machines = {"web", "hidden01"};
  for (const auto& [name, below] :
       std::map<std::string, std::string>{{"Finance", ""}, {"Legal", ""}, {"Payroll", "Finance"}}) {
    attach(empty_folder(), below.empty() ? root_ : root_->children.at(below), name);
  }
  root_->children.at("Finance")->machines = {"old"};
}

Reference::Found Reference::find(const std::string& path) const {
  Found found;
  found.parent = root_;
  for (size_t at = 0;;) {
    const size_t slash = path.find('/', at);
    found.name = path.substr(at, slash - at);
    const auto child = found.parent->children.find(found.name);
    found.entry = child == found.parent->children.end() ? nullptr : child->second;
    if (slash == std::string::npos) return found;
    if (!found.entry || !found.entry->directory) {
      found.error = found.entry ? ENOTDIR : ENOENT;
      return found;
    }
    found.parent = found.entry;
    at = slash + 1;
  }
}

void Reference::attach(const EntryPtr& entry, const EntryPtr& parent, const std::string& name) {
  entry->name = name;
  entry->parent = parent;
  parent->children[name] = entry;
  parent->mtime.reset();
  if (takes_part(name) && !entry->directory) parent->appeared.insert(name);
}

void Reference::detach(const EntryPtr& entry) {
  const EntryPtr parent = entry->parent.lock();
  parent->children.erase(entry->name);
  parent->mtime.reset();
  entry->parent.reset();
}

unsigned Reference::depth(const Entry& entry) {
  const EntryPtr above = entry.parent.lock();
  return above ? depth(*above) + 1 : 0;
}

unsigned Reference::height(const Entry& entry) {
  unsigned levels = 0;
  for (const auto& [name, child] : entry.children) levels = std::max(levels, height(*child) + 1);
  return levels;
}

bool Reference::within(const Entry& entry, const Entry& above) {
  if (&entry == &above) return true;
  const EntryPtr parent = entry.parent.lock();
  return parent && within(*parent, above);
}

bool Reference::hidden(const Entry& directory) {
  const EntryPtr parent = directory.parent.lock();
  return parent && (directory.name.front() == '.' || hidden(*parent));
}

bool Reference::runs_below(const Entry& directory) {
  return directory.stage == Entry::Stage::running ||
         std::any_of(directory.children.begin(), directory.children.end(),
                     [](const auto& child) { return runs_below(*child.second); });
}

void Reference::against_coming(const Entry& parent, const std::string& name, bool directory,
                               Codes& against) {
  if (parent.stage != Entry::Stage::open) against.insert(EPERM);
  if (depth(parent) + 1 > kDepth) against.insert(ELOOP);
  if (directory && parent.machines.count(name) > 0) against.insert(EEXIST);
}

Reference::Codes Reference::make_directory(const std::string& path) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  Codes against;
  if (at.entry || at.name == kStatus) against.insert(EEXIST);
  against_coming(*at.parent, at.name, true, against);
  if (!against.empty()) return against;
  auto made = std::make_shared<Entry>();
  made->directory = true;
  made->mode = 0755;
  attach(made, at.parent, at.name);
  return {0};
}

Reference::Codes Reference::unlink(const std::string& path) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  if (at.name == kStatus) return {0};
  if (!at.entry) return {ENOENT, at.parent->stage == Entry::Stage::running ? EBUSY : ENOENT};
  if (at.entry->folder) return {EISDIR, ENOENT, EROFS};
  Codes against;
  if (at.entry->directory) against.insert(EISDIR);
  if (at.parent->stage == Entry::Stage::running) against.insert(EBUSY);
  if (!against.empty()) return against;
  detach(at.entry);
  return {0};
}

Reference::Codes Reference::remove_directory(const std::string& path) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  if (!at.entry) return {ENOENT};
  Codes against;
  if (at.entry->folder) against.insert(EROFS);
  if (!at.entry->directory) against.insert(ENOTDIR);
  if (!at.entry->children.empty()) against.insert(ENOTEMPTY);
  if (at.entry->stage == Entry::Stage::running || at.parent->stage == Entry::Stage::running)
    against.insert(EBUSY);
  if (!against.empty()) return against;
  detach(at.entry);
  return {0};
}

Reference::Codes Reference::rename(const std::string& from, const std::string& to,
                                   const std::string& how, int actual) {
  const Found moved = find(from);
  const Found target = find(to);
  if (moved.error != 0) return {moved.error};
  if (target.error != 0) return {target.error};
  if (from == to) return {kNothing};  // the kernel does not tell
  if (moved.name == kStatus) return {EPERM, ENOENT};
  if (!moved.entry) return {ENOENT};
  const bool exchange = how == "exchange";
  const Entry& entry = *moved.entry;
  Codes against;
  if (entry.folder) against.insert(EROFS);
  for (const Entry* parent : {moved.parent.get(), target.parent.get()})
    if (parent->stage != Entry::Stage::open) against.insert({EPERM, EBUSY});
  for (const Entry* one : {moved.entry.get(), target.entry.get()}) {
    if (one == nullptr) continue;
    if (one->stage != Entry::Stage::open) against.insert({EPERM, EBUSY});
    if (runs_below(*one)) against.insert(EBUSY);
  }
  if (target.name == kStatus) {
    // Forgotten, where a file is.
    if (entry.directory) against.insert({EEXIST, EISDIR});
    if (!against.empty()) return against;
    if (actual == 0) detach(moved.entry);
    return exchange ? Codes{0, ENOENT, EINVAL} : Codes{0};
  }
  if (within(*target.parent, entry)) against.insert(EINVAL);
  if (target.entry) {
    const Entry& there = *target.entry;
    if (there.folder) against.insert(EEXIST);
    if (how == "noreplace") against.insert(EEXIST);
    if (exchange) {
      if (within(*moved.parent, there)) against.insert(EINVAL);
      if (depth(*moved.parent) + 1 + height(there) > kDepth) against.insert(ELOOP);
      if (there.directory && moved.parent->machines.count(moved.name) > 0) against.insert(EEXIST);
    } else {
      if (entry.directory && !there.directory) against.insert(ENOTDIR);
      if (!entry.directory && there.directory) against.insert(EISDIR);
      if (!there.children.empty()) against.insert(ENOTEMPTY);
    }
  } else if (exchange) {
    against.insert(ENOENT);
  }
  if (depth(*target.parent) + 1 + height(entry) > kDepth) against.insert(ELOOP);
  if (entry.directory && target.parent->machines.count(target.name) > 0) against.insert(EEXIST);
  if (!against.empty()) return against;
  Codes may;
  // The page speaks of mkdir alone; a file of a VM's name may be refused as well.
  if (!entry.directory && target.parent->machines.count(target.name) > 0) {
    may.insert(EEXIST);
    if (actual == EEXIST) return may;
  }
  const EntryPtr replaced = target.entry;
  const auto appeared_there = target.parent->appeared;
  const auto appeared_here = moved.parent->appeared;
  if (replaced) detach(replaced);
  detach(moved.entry);
  attach(moved.entry, target.parent, target.name);
  if (replaced) target.parent->appeared = appeared_there;
  if (exchange) {
    attach(replaced, moved.parent, moved.name);
    moved.parent->appeared = appeared_here;
  }
  const auto look = [&](const EntryPtr& one, const EntryPtr& parent) -> Codes {
    if (one->directory) return arrived_below(one, actual);
    one->finished = written_by_others(one) ? Sure::maybe : Sure::yes;
    return takes_part(one->name) ? arrived(parent, {one->name}, actual) : Codes{0};
  };
  Codes came = look(moved.entry, target.parent);
  if (exchange) came = together(came, look(replaced, moved.parent));
  came.merge(may);
  return came;
}

Reference::Codes Reference::change_attributes(const Operation& operation) {
  const Found at =
      path_in(operation[1]).empty() ? Found{nullptr, root_, "", 0} : find(path_in(operation[1]));
  if (at.error != 0) return {at.error};
  if (at.name == kStatus) return kForgotten;
  if (!at.entry) return {ENOENT};
  Entry& entry = *at.entry;
  if (operation[0] == "setxattr") {
    // Of our own only those that place a VM are kept, and only at directories.
    const bool ours = operation[2].rfind("user.vtpmfs.", 0) == 0;
    if (!ours || (entry.directory && operation[2] == "user.vtpmfs.pool"))
      entry.xattrs[operation[2]] = operation[3];
    return {0};
  }
  if (operation[0] == "chmod") entry.mode = static_cast<unsigned>(std::stoul(operation[2], {}, 8));
  // A folder's time moves when something is staged below a folder in it.
  if (operation[0] == "utimens" && !entry.folder) {
    entry.mtime = std::stoll(operation[2]);
    entry.not_mtime.reset();
  }
  if (!entry.directory || entry.refused.empty() || sight(entry).what == Sight::What::folder)
    return {0};
  entry.told = Sure::yes;
  return entry.refused;
}

Reference::Codes Reference::appear(const std::string& path, bool folder) {
  const Found at = find(path);
  if (at.error != 0 || !at.parent->folder || at.parent->machines.count(at.name) > 0)
    return {kNothing};
  if (at.entry && (at.entry->folder || !at.entry->directory)) return {kNothing};
  if (!folder) {
    at.parent->machines.insert(at.name);
    return {0};
  }
  if (!at.entry) attach(empty_folder(), at.parent, at.name);
  // What is staged and a folder of its name are one directory.
  at.parent->children.at(at.name)->folder = true;
  at.parent->children.at(at.name)->mtime.reset();
  return {0};
}

Reference::Codes Reference::vanish(const std::string& path) {
  const Found at = find(path);
  if (at.error != 0 || !at.parent->folder) return {kNothing};
  if (at.parent->machines.erase(at.name) > 0) return {0};
  if (!at.entry || !at.entry->folder || at.entry->children.empty() || !at.entry->machines.empty())
    return {kNothing};
  for (const auto& [name, child] : at.entry->children)
    if (child->folder) return {kNothing};
  // What is staged in it stays.
  at.entry->folder = false;
  return {0};
}

std::string Reference::step(const Operation& operation, int actual) {
  if (names_the_top(operation)) return actual == kNothing ? "" : "was done";
  waiter_ = {};
  answers_for_several_ = operation[0] == "rename";
  const std::string& verb = operation[0];
  const std::string path = operation.size() > 1 ? path_in(operation[1]) : "";
  Codes may{0};
  if (verb == "mkdir")
    may = make_directory(path);
  else if (verb == "rmdir")
    may = remove_directory(path);
  else if (verb == "unlink")
    may = unlink(path);
  else if (verb == "put")
    may = put(path, content(operation[2]), actual);
  else if (verb == "create")
    may = create(operation[1], path_in(operation[2]), operation[3] == "excl", actual);
  else if (verb == "open")
    may = open(operation[1], path_in(operation[2]), operation[3], actual);
  else if (verb == "write")
    may = write(operation[1], std::stoull(operation[2]), content(operation[3]), actual);
  else if (verb == "cut")
    may = cut(operation[1], std::stoull(operation[2]));
  else if (verb == "flush")
    may = flush(operation[1], actual);
  else if (verb == "fsync")
    may = {handles_.count(operation[1]) > 0 ? 0 : kNothing};
  else if (verb == "release")
    may = {handles_.erase(operation[1]) > 0 ? 0 : kNothing};
  else if (verb == "rename")
    may = rename(path, path_in(operation[2]), operation[3], actual);
  else if (verb == "chmod" || verb == "utimens" || verb == "setxattr")
    may = change_attributes(operation);
  else if (verb == "truncate")
    may = truncate(path, std::stoull(operation[2]));
  else if (verb == "sync" || verb == "commit")
    may = start(path, verb == "commit", actual);
  else if (verb == "appear")
    may = appear(path, operation[2] == "folder");
  else if (verb == "vanish")
    may = vanish(path);
  else if (verb == "answers")
    answer_ = operation[1];
  else if (verb == "end")
    end(code_of(operation[1]));
  else if (verb == "kill" || verb == "remount")
    remount();
  else
    return "no such operation";
  if (may.count(actual) == 0)
    return "came to " + words_of({actual}) + " instead of " + words_of(may);
  if (actual == kWaits) waiters_.emplace_back(waiter_);
  return "";
}

}  // namespace vtpmfs::fs::restore_model
