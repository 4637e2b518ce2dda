#include "fs/tree/vm_directory.h"

#include <cerrno>
#include <utility>

#include "fs/tree/inventory_tree.h"
#include "fs/tree/listing.h"
#include "fs/tree/vm_attributes.h"
#include "fs/tree/vm_file.h"

namespace vtpmfs::fs {

VmDirectory::VmDirectory(const InventoryTree& tree, vsphere::MoRef vm)
    : tree_(tree), vm_(std::move(vm)), inode_(tree.inode_of(vm_)) {}

Result<Attributes> VmDirectory::attributes() {
  const auto listing = tree_.sets().listing(vm_);
  if (!listing) return fail(listing.error());
  return tree_.attributes_of(NodeType::directory, inode_, listing->directory_time);
}

void VmDirectory::lookup(const std::string& name, const Caller& /*caller*/,
                         Answer<NodePtr> answer) {
  const auto role = cache::file_role(name);
  if (!role) {
    answer(fail(ENOENT, "a VM has no such file"));
    return;
  }
  const auto listing = tree_.sets().listing(vm_);
  if (!listing) {
    answer(fail(listing.error()));
  } else if (listing->find(*role) == nullptr) {
    answer(fail(ENOENT, "this VM has no such file"));
  } else {
    answer(NodePtr(std::make_shared<VmFile>(tree_, vm_, *role)));
  }
}

void VmDirectory::get_attribute(const std::string& name, const Caller& caller,
                                Answer<std::string> answer) {
  if (!is_our_attribute(name)) return Node::get_attribute(name, caller, std::move(answer));
  answer(vm_attribute(tree_, vm_, name));
}

void VmDirectory::open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) {
  const auto files = tree_.sets().listing(vm_);
  if (!files) {
    answer(fail(files.error()));
    return;
  }
  auto listing = std::make_shared<Listing>(tree_.feed_alive() && !files->incomplete);
  for (const cache::SetFile& file : files->files) {
    const cache::FileRole role = file.role;
    listing->add(
        {std::string(cache::file_name(role)), NodeType::file, tree_.numbers().file(vm_, role)},
        [&tree = tree_, vm = vm_, role]() -> NodePtr {
          return std::make_shared<VmFile>(tree, vm, role);
        });
  }
  answer(OpenDirectoryPtr(std::move(listing)));
}

}  // namespace vtpmfs::fs
