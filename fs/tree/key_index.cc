#include "fs/tree/key_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "fs/tree/inventory_tree.h"

namespace vtpmfs::fs {
namespace {

using cache::KeyedVm;
using Path = std::vector<std::string>;

const vsphere::MoRef kByKey{"vtpmfs", "by-key"};

const std::string& part_of(const KeyedVm& vm, size_t depth) {
  return depth == 0 ? vm.provider : depth == 1 ? vm.key : vm.name;
}

/// As far as the path goes.
int compare(const KeyedVm& vm, const Path& path) {
  for (size_t depth = 0; depth < path.size(); ++depth)
    if (const int order = part_of(vm, depth).compare(path[depth]); order != 0) return order;
  return 0;
}

auto place_of(const KeyedVm& vm) {
  return std::tie(vm.provider, vm.key, vm.name);
}

}  // namespace

KeyedVms::KeyedVms(std::vector<KeyedVm> vms) : vms_(std::move(vms)) {
  for (size_t i = 0; i < vms_.size(); ++i) by_vm_.emplace(vms_[i].vm, i);
}

KeyedVms::Range KeyedVms::below(const Path& path) const {
  const KeyedVm* const begin = vms_.data();
  const KeyedVm* const end = begin + vms_.size();
  const KeyedVm* const from = std::lower_bound(
      begin, end, path,
      [](const KeyedVm& vm, const Path& wanted) { return compare(vm, wanted) < 0; });
  const KeyedVm* const to = std::upper_bound(
      from, end, path,
      [](const Path& wanted, const KeyedVm& vm) { return compare(vm, wanted) > 0; });
  return {from, to};
}

std::vector<std::string> KeyedVms::names_in(const Path& path) const {
  std::vector<std::string> names;
  const auto [from, to] = below(path);
  for (const KeyedVm* vm = from; vm != to; ++vm) {
    const std::string& name = part_of(*vm, path.size());
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

const KeyedVm* KeyedVms::of(const vsphere::MoRef& vm) const {
  const auto found = by_vm_.find(vm);
  return found == by_vm_.end() ? nullptr : &vms_[found->second];
}

KeyIndex::KeyIndex(const cache::Inventory& inventory)
    : inventory_(inventory), now_(std::make_shared<KeyedVms>(inventory.keyed_vms())) {}

std::shared_ptr<const KeyedVms> KeyIndex::now() const {
  const std::lock_guard hold(mutex_);
  return now_;
}

void KeyIndex::connect(const InventoryTree* tree, KernelNotifier* notifier) {
  const std::lock_guard telling(telling_);
  tree_ = tree;
  notifier_ = notifier;
}

void KeyIndex::tell(const cache::InventoryChange& change) {
  const std::lock_guard telling(telling_);
  const bool may_differ =
      change.keys_moved || change.paths_moved || !change.names.empty() || !change.gone_vms.empty();
  auto next = may_differ ? std::make_shared<KeyedVms>(inventory_.keyed_vms()) : nullptr;
  std::shared_ptr<const KeyedVms> before;
  {
    const std::lock_guard hold(mutex_);
    ++changes_;
    times_.clear();
    if (next) before = std::exchange(now_, next);
  }
  if (notifier_ == nullptr) return;
  if (next) tell_difference(*before, *next);
  tell_times(change.vms);
}

void KeyIndex::tell_difference(const KeyedVms& before, const KeyedVms& after) {
  auto old = before.all().begin();
  auto next = after.all().begin();
  while (old != before.all().end() || next != after.all().end()) {
    const bool only_old = next == after.all().end() ||
                          (old != before.all().end() && place_of(*old) < place_of(*next));
    const bool only_new = old == before.all().end() ||
                          (next != after.all().end() && place_of(*next) < place_of(*old));
    if (only_old) {
      tell_entry(*old++, before, after);
    } else if (only_new) {
      tell_entry(*next++, before, after);
    } else {
      if (old->vm != next->vm)
        tell_entry(*next, before, after);
      else if (old->path != next->path)
        notifier_->invalidate_attributes(inode_of_link(*tree_, *next));
      ++old;
      ++next;
    }
  }
}

/// The link, and each directory above that came or went with it.
void KeyIndex::tell_entry(const KeyedVm& vm, const KeyedVms& before, const KeyedVms& after) {
  Path path{vm.provider, vm.key, vm.name};
  while (!path.empty()) {
    const std::string name = path.back();
    path.pop_back();
    const InodeNumber directory = inode_of_directory(*tree_, path);
    notifier_->invalidate_entry(directory, name);
    notifier_->invalidate_inode(directory);
    const auto empty = [&](const KeyedVms& vms) {
      const auto [from, to] = vms.below(path);
      return from == to;
    };
    if (empty(before) == empty(after)) break;
  }
  // Times and link counts go up to the top.
  for (; !path.empty(); path.pop_back())
    notifier_->invalidate_inode(inode_of_directory(*tree_, {path.begin(), path.end() - 1}));
}

void KeyIndex::tell_times(const std::vector<vsphere::MoRef>& vms) {
  const auto now = this->now();
  for (const vsphere::MoRef& id : vms) {
    const KeyedVm* vm = now->of(id);
    if (vm == nullptr) continue;
    notifier_->invalidate_attributes(inode_of_link(*tree_, *vm));
    for (Path path{vm->provider, vm->key};; path.pop_back()) {
      notifier_->invalidate_attributes(inode_of_directory(*tree_, path));
      if (path.empty()) break;
    }
  }
}

TimePoint KeyIndex::time_of_link(const InventoryTree& tree, const vsphere::MoRef& vm) {
  TimePoint time = tree.settings().fixed_time;
  const auto listing = tree.sets().listing(vm);
  if (!listing) return time;
  // config.json has the path in it.
  for (const cache::FileRole role : {cache::FileRole::key_id, cache::FileRole::config})
    if (const cache::SetFile* file = listing->find(role)) time = std::max(time, file->time);
  return time;
}

TimePoint KeyIndex::time_of_directory(const InventoryTree& tree, const Path& path) {
  std::shared_ptr<const KeyedVms> vms;
  uint64_t changes = 0;
  {
    const std::lock_guard hold(mutex_);
    if (const auto known = times_.find(path); known != times_.end()) return known->second;
    vms = now_;
    changes = changes_;
  }
  TimePoint time = tree.settings().fixed_time;
  const auto [from, to] = vms->below(path);
  for (const KeyedVm* vm = from; vm != to; ++vm) time = std::max(time, time_of_link(tree, vm->vm));
  const std::lock_guard hold(mutex_);
  if (changes == changes_) times_.emplace(path, time);
  return time;
}

InodeNumber KeyIndex::inode_of_directory(const InventoryTree& tree, const Path& path) {
  std::string name = "/";
  for (const std::string& part : path) name += part + "/";
  return tree.numbers().part(kByKey, name);
}

InodeNumber KeyIndex::inode_of_link(const InventoryTree& tree, const KeyedVm& vm) {
  return tree.numbers().part(vm.vm, "by-key/" + vm.provider + "/" + vm.key);
}

}  // namespace vtpmfs::fs
