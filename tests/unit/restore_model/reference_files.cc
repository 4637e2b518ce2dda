// The bytes of files, and the handles that write them.
#include <algorithm>
#include <cerrno>

#include "tests/unit/restore_model/contents.h"
#include "tests/unit/restore_model/reference.h"

namespace vtpmfs::fs::restore_model {

bool Reference::written_by_others(const EntryPtr& file, const Handle* but) const {
  return std::any_of(handles_.begin(), handles_.end(), [&](const auto& handle) {
    return &handle.second != but && handle.second.file == file && handle.second.writes;
  });
}

Reference::Codes Reference::create(const std::string& slot, const std::string& path, bool exclusive,
                                   int actual) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  Handle handle;
  handle.writes = true;
  if (at.name == kStatus) {
    // There only while the directory is a set; made or opened, it is forgotten.
    handles_[slot] = handle;
    return {0};
  }
  Codes against;
  if (at.entry && (exclusive || at.entry->directory)) against.insert(EEXIST);
  if (at.entry && at.entry->directory) against.insert(EISDIR);
  if (at.parent->stage != Entry::Stage::open) against.insert(EPERM);
  if (!at.entry) against_coming(*at.parent, at.name, false, against);
  if (!against.empty()) return against;
  // The page speaks of mkdir alone; a file of a VM's name may be refused as well.
  if (at.parent->machines.count(at.name) > 0 && actual == EEXIST) return {0, EEXIST};
  handle.file = at.entry;
  handle.dirty = true;
  if (!at.entry) {
    handle.file = std::make_shared<Entry>();
    handle.file->mode = 0600;
    attach(handle.file, at.parent, at.name);
    handle.made = exclusive;
  } else {
    changed(*handle.file);
    handle.file->bytes.clear();
    handle.file->broken.reset();
  }
  handle.file->finished = written_by_others(handle.file) ? Sure::maybe : Sure::no;
  handle.opened_in = at.parent;
  handles_[slot] = handle;
  return {0};
}

Reference::Codes Reference::open(const std::string& slot, const std::string& path,
                                 const std::string& how, int actual) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  if (at.name == kStatus) {
    if (actual != 0) return kForgotten;
    handles_[slot] = Handle();
    handles_[slot].writes = how != "read";
    return kForgotten;
  }
  if (!at.entry) return {ENOENT};
  if (at.entry->directory) return {EISDIR};
  const bool writes = how != "read";
  if (writes && at.parent->stage != Entry::Stage::open) return {EPERM};
  Handle handle;
  handle.file = at.entry;
  handle.writes = writes;
  handle.opened_in = at.parent;
  if (how == "trunc") {
    handle.dirty = true;
    changed(*at.entry);
    at.entry->bytes.clear();
    at.entry->broken.reset();
    at.entry->finished = written_by_others(at.entry) ? Sure::maybe : Sure::no;
  }
  handles_[slot] = handle;
  return {0};
}

bool Reference::being_written(const Entry& directory) const {
  return std::any_of(handles_.begin(), handles_.end(), [&](const auto& handle) {
    return handle.second.writes && handle.second.opened_in.lock().get() == &directory;
  });
}

Reference::Codes Reference::against_growth(const Entry& file, uint64_t size) const {
  if (size > kFileBytes) return {EFBIG, ENOSPC};
  uint64_t total = 0;
  std::set<const Entry*> files;
  std::vector<const Entry*> pending{root_.get()};
  while (!pending.empty()) {
    const Entry* one = pending.back();
    pending.pop_back();
    files.insert(one);
    for (const auto& [name, child] : one->children) pending.push_back(child.get());
  }
  // What was removed keeps its room as long as somebody has it open.
  for (const auto& [slot, handle] : handles_)
    if (handle.file) files.insert(handle.file.get());
  for (const Entry* one : files) total += one->bytes.size();
  return size > file.bytes.size() && total + size - file.bytes.size() > kTotalBytes ? Codes{ENOSPC}
                                                                                    : Codes{};
}

void Reference::changed(Entry& file) {
  if (file.mtime) file.not_mtime = file.mtime;
  file.mtime.reset();
}

Reference::Codes Reference::write(const std::string& slot, uint64_t offset,
                                  const std::string& bytes, int actual) {
  const auto found = handles_.find(slot);
  if (found == handles_.end() || !found->second.writes || bytes.empty()) return {kNothing};
  Handle& handle = found->second;
  if (!handle.file) return {0};
  Entry& file = *handle.file;
  const EntryPtr parent = file.parent.lock();
  if (parent && parent->stage != Entry::Stage::open) return {EPERM};
  if (const Codes against = against_growth(file, offset + bytes.size()); !against.empty()) {
    // What finds no room was begun to be written all the same.
    handle.dirty = true;
    handle.wanted = std::max(handle.wanted, offset + bytes.size());
    file.finished = Sure::maybe;
    file.broken = actual;
    return against;
  }
  changed(file);
  handle.dirty = true;
  file.finished = written_by_others(handle.file, &handle) ? Sure::maybe : Sure::no;
  const size_t end = offset + bytes.size();
  if (file.bytes.size() < end) file.bytes.resize(end);
  file.bytes.replace(offset, bytes.size(), bytes);
  if (handle.written.size() < end) handle.written.resize(end);
  std::fill(handle.written.begin() + static_cast<std::ptrdiff_t>(offset),
            handle.written.begin() + static_cast<std::ptrdiff_t>(end), true);
  return {0};
}

Reference::Codes Reference::cut(const std::string& slot, uint64_t size) {
  const auto found = handles_.find(slot);
  if (found == handles_.end() || !found->second.writes) return {kNothing};
  Handle& handle = found->second;
  if (!handle.file) return {0};
  Entry& file = *handle.file;
  const EntryPtr parent = file.parent.lock();
  if (parent && parent->stage != Entry::Stage::open) return {EPERM};
  handle.dirty = true;
  if (const Codes against = against_growth(file, size); !against.empty()) {
    file.finished = Sure::maybe;
    return against;
  }
  changed(file);
  file.finished = written_by_others(handle.file, &handle) ? Sure::maybe : Sure::no;
  file.bytes.resize(size);
  if (handle.written.size() > size) handle.written.resize(size);
  handle.wanted = std::min(handle.wanted, size);
  if (size == 0) file.broken.reset();
  return {0};
}

Reference::Codes Reference::flush(const std::string& slot, int actual) {
  const auto found = handles_.find(slot);
  if (found == handles_.end()) return {kNothing};
  Handle& handle = found->second;
  if (!handle.file || !handle.dirty) return {0};
  handle.dirty = false;
  Entry& file = *handle.file;
  const EntryPtr parent = file.parent.lock();
  if (!parent) return {0};
  const size_t size = std::max(file.bytes.size(), handle.wanted);
  Arrival arrival;
  arrival.name = file.name;
  const bool all = handle.written.size() >= size &&
                   std::all_of(handle.written.begin(),
                               handle.written.begin() + static_cast<std::ptrdiff_t>(size),
                               [](bool one) { return one; });
  // An empty file is whole where this handle made it; also where others cut off what it wrote?
  if (size == 0)
    arrival.whole = handle.made ? Sure::yes : handle.written.empty() ? Sure::no : Sure::maybe;
  else
    arrival.whole = all ? Sure::yes : Sure::no;
  if (written_by_others(handle.file, &handle))
    file.finished = Sure::maybe;
  else if (arrival.whole != Sure::no || size == 0)
    file.finished = Sure::yes;
  if (arrival.whole != Sure::no) file.broken.reset();
  if (!takes_part(file.name)) return {0};
  return arrived(parent, arrival, actual);
}

Reference::Codes Reference::put(const std::string& path, const std::string& bytes, int actual) {
  const std::string slot = "put";
  const Codes made = create(slot, path, !find(path).entry, actual);
  if (handles_.count(slot) == 0) return made;
  if (!bytes.empty()) {
    const Codes wrote = write(slot, 0, bytes, actual);
    if (wrote.count(0) == 0) {
      handles_.erase(slot);  // the program ends
      return wrote;
    }
  }
  const Codes flushed = flush(slot, actual);
  handles_.erase(slot);
  return flushed;
}

Reference::Codes Reference::truncate(const std::string& path, uint64_t size) {
  const Found at = find(path);
  if (at.error != 0) return {at.error};
  if (at.name == kStatus) return kForgotten;
  if (!at.entry) return {ENOENT};
  if (at.entry->directory) return {kNothing};  // the kernel does not send it
  Codes against;
  if (at.parent->stage != Entry::Stage::open) against.insert(EPERM);
  if (at.parent->stage == Entry::Stage::open) against = against_growth(*at.entry, size);
  if (!against.empty()) return against;
  changed(*at.entry);
  at.entry->bytes.resize(size);
  if (size == 0) at.entry->broken.reset();
  return {0};
}

}  // namespace vtpmfs::fs::restore_model
