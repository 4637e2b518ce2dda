#include "fs/tree/change_translator.h"

#include "cache/vm_sets.h"
#include "fs/tree/inventory_tree.h"

namespace vtpmfs::fs {

using vsphere::MoRef;

void ChangeTranslator::tell(const cache::InventoryChange& change) {
  for (const MoRef& directory : change.directories) directory_changed(directory);
  for (const auto& [parent, name] : change.names) {
    tree_.folder_facts().forget(parent);
    notifier_.invalidate_entry(tree_.inode_of(parent), name);
  }
  for (const MoRef& vm : change.vms) {
    files_changed(vm);
    // The folder shows the newest time of its VMs.
    if (const auto place = tree_.inventory().place(vm)) directory_changed(place->parent);
  }
  for (const MoRef& vm : change.gone_vms) files_changed(vm);
}

void ChangeTranslator::directory_changed(const MoRef& directory) {
  tree_.folder_facts().forget(directory);
  notifier_.invalidate_inode(tree_.inode_of(directory));
}

void ChangeTranslator::files_changed(const MoRef& vm) {
  const auto listing = tree_.sets().listing(vm);
  for (const cache::FileRole role : cache::kFileRoles) {
    notifier_.invalidate_attributes(tree_.numbers().file(vm, role));
    if (!listing || listing->find(role) == nullptr) {
      tree_.told().forget(tree_.numbers().file(vm, role));
      notifier_.invalidate_entry(tree_.inode_of(vm), std::string(cache::file_name(role)));
    }
  }
  notifier_.invalidate_inode(tree_.inode_of(vm));
}

}  // namespace vtpmfs::fs
