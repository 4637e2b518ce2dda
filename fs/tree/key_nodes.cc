#include "fs/tree/key_nodes.h"

#include <linux/limits.h>

#include <cerrno>
#include <utility>

#include "fs/tree/inventory_tree.h"
#include "fs/tree/listing.h"

namespace vtpmfs::fs {
namespace {

constexpr size_t kDepth = 2;  ///< of a key's directory

std::vector<std::string> with(std::vector<std::string> path, const std::string& name) {
  path.push_back(name);
  return path;
}

}  // namespace

KeyDirectory::KeyDirectory(const InventoryTree& tree, KeyIndex& index,
                           std::vector<std::string> path)
    : tree_(tree),
      index_(index),
      path_(std::move(path)),
      inode_(KeyIndex::inode_of_directory(tree, path_)) {}

Result<Attributes> KeyDirectory::attributes() {
  const auto vms = index_.now();
  const auto [from, to] = vms->below(path_);
  if (from == to && !path_.empty()) return fail(ENOENT, "no VM needs this key any more");
  Attributes attributes =
      tree_.attributes_of(NodeType::directory, inode_, index_.time_of_directory(tree_, path_));
  if (path_.size() < kDepth) attributes.links += static_cast<uint32_t>(vms->names_in(path_).size());
  return attributes;
}

NodePtr KeyDirectory::child(const KeyedVms& vms, const std::string& name) const {
  const auto [from, to] = vms.below(with(path_, name));
  if (from == to) return nullptr;
  if (path_.size() < kDepth)
    return std::make_shared<KeyDirectory>(tree_, index_, with(path_, name));
  return std::make_shared<KeyLink>(tree_, index_, *from);
}

void KeyDirectory::lookup(const std::string& name, const Caller& /*caller*/,
                          Answer<NodePtr> answer) {
  NodePtr found = child(*index_.now(), name);
  if (!found) return answer(fail(ENOENT, "no VM needs such a key"));
  answer(std::move(found));
}

void KeyDirectory::open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) {
  const auto vms = index_.now();
  const auto [from, to] = vms->below(path_);
  if (from == to && !path_.empty()) return answer(fail(ENOENT, "no VM needs this key any more"));
  auto listing = std::make_shared<Listing>(/*cacheable=*/false);
  const NodeType type = path_.size() < kDepth ? NodeType::directory : NodeType::symlink;
  for (const std::string& name : vms->names_in(path_)) {
    NodePtr node = child(*vms, name);
    listing->add({name, type, node->inode()}, [node] { return node; });
  }
  answer(OpenDirectoryPtr(std::move(listing)));
}

KeyLink::KeyLink(const InventoryTree& tree, const KeyIndex& index, const cache::KeyedVm& vm)
    : tree_(tree),
      index_(index),
      vm_(vm.vm),
      path_{vm.provider, vm.key, vm.name},
      inode_(KeyIndex::inode_of_link(tree, vm)) {}

Result<std::string> KeyLink::target() const {
  const auto vms = index_.now();
  const cache::KeyedVm* vm = vms->of(vm_);
  if (vm == nullptr || vm->provider != path_[0] || vm->key != path_[1])
    return fail(ENOENT, "the VM needs this key no more");
  std::string target = "../../../" + vm->path;
  if (target.size() >= PATH_MAX) return fail(ENAMETOOLONG, "the VM lies too deep for a link");
  return target;
}

Result<Attributes> KeyLink::attributes() {
  const auto target_now = target();
  if (!target_now) return fail(target_now.error());
  Attributes attributes =
      tree_.attributes_of(NodeType::symlink, inode_, KeyIndex::time_of_link(tree_, vm_));
  attributes.size = target_now->size();
  return attributes;
}

Result<std::string> KeyLink::read_link() {
  return target();
}

}  // namespace vtpmfs::fs
