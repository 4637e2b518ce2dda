#include "fs/tree/folder_facts.h"

#include <algorithm>

namespace vtpmfs::fs {

using vsphere::MoRef;

FolderFacts::Facts FolderFacts::of(const MoRef& folder) {
  uint64_t changes_before = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(folder); found != known_.end()) return found->second;
    changes_before = changes_;
  }
  const Facts facts = look(folder);
  const std::lock_guard lock(mutex_);
  if (changes_ == changes_before) known_.emplace(folder, facts);
  return facts;
}

void FolderFacts::forget(const MoRef& folder) {
  const std::lock_guard lock(mutex_);
  ++changes_;
  known_.erase(folder);
}

FolderFacts::Facts FolderFacts::look(const MoRef& folder) const {
  Facts facts;
  bool has_vm = false;
  for (const cache::Place& child : inventory_.children(folder)) {
    ++facts.subdirectories;
    if (child.kind != cache::PlaceKind::vm) continue;
    if (const auto listing = sets_.listing(child.id)) {
      facts.time = has_vm ? std::max(facts.time, listing->directory_time) : listing->directory_time;
      has_vm = true;
    }
  }
  if (!has_vm) facts.time = fixed_time_;
  return facts;
}

}  // namespace vtpmfs::fs
