#include "cache/sets/nvram_cache.h"

#include <utility>

namespace vtpmfs::cache {

void NvramCache::put(const vsphere::MoRef& vm, NvramBytes content) {
  remove(vm);
  bytes_ += content.bytes->size();
  entries_.push_front(Entry{vm, std::move(content)});
  by_vm_[vm] = entries_.begin();
  shrink();
}

NvramBytes* NvramCache::find(const vsphere::MoRef& vm, const vsphere::DatastorePlace& datastore,
                             const std::string& path, const vsphere::DatastoreFile& file) {
  const auto found = by_vm_.find(vm);
  if (found == by_vm_.end()) return nullptr;
  NvramBytes& content = found->second->content;
  if (content.datastore != datastore.datastore || content.path != path ||
      content.file.size != file.size || !file.modified || content.file.modified != file.modified) {
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return &content;
}

void NvramCache::remove(const vsphere::MoRef& vm) {
  const auto found = by_vm_.find(vm);
  if (found == by_vm_.end()) return;
  bytes_ -= found->second->content.bytes->size();
  entries_.erase(found->second);
  by_vm_.erase(found);
}

void NvramCache::shrink() {
  size_t ahead = 0;
  for (const Entry& entry : entries_)
    ahead += entry.content.ahead ? entry.content.bytes->size() : 0;
  for (auto it = entries_.end(); bytes_ > max_bytes_ && it != entries_.begin();) {
    --it;
    // A generation, or a reader that is still being answered, shares it.
    if (it->content.bytes.use_count() > 1) continue;
    const size_t size = it->content.bytes->size();
    // What was fetched ahead is about to be read: dropping it for what was read already would fetch
    // it twice.
    if (it->content.ahead && ahead <= max_bytes_ / 2) continue;
    if (it->content.ahead) ahead -= size;
    bytes_ -= size;
    by_vm_.erase(it->vm);
    it = entries_.erase(it);
  }
}

}  // namespace vtpmfs::cache
