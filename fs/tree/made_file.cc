#include "fs/tree/made_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/tree/inventory_tree.h"
#include "fs/tree/listing.h"

namespace vtpmfs::fs {
namespace {

/// Of what is nobody's in vCenter. No type of the API has that name.
const vsphere::MoRef kOurs{"vtpmfs", ".vtpmfs"};

class OpenText final : public OpenFile {
 public:
  explicit OpenText(std::shared_ptr<const std::string> text) : text_(std::move(text)) {}
  void read(uint64_t offset, size_t size, const Caller& /*caller*/, Answer<Bytes> answer) override {
    const size_t begin = std::min<uint64_t>(offset, text_->size());
    answer(Bytes{text_, begin, std::min(size, text_->size() - begin)});
  }
  [[nodiscard]] bool direct_io() const override { return true; }
  [[nodiscard]] bool no_flush() const override { return true; }

 private:
  const std::shared_ptr<const std::string> text_;
};

}  // namespace

MadeFile::MadeFile(const InventoryTree& tree, const cache::Clock& clock, const std::string& name,
                   MakeText make)
    : tree_(tree),
      clock_(clock),
      inode_(tree.numbers().part(kOurs, name)),
      make_(std::move(make)) {}

void MadeFile::renew_locked() {
  if (text_ && clock_.monotonic() - made_ < kShared) return;
  text_ = std::make_shared<const std::string>(make_());
  time_ = clock_.now();
  made_ = clock_.monotonic();
}

Result<Attributes> MadeFile::attributes() {
  const std::lock_guard lock(mutex_);
  // fstat of an open file is about what its reader gets.
  if (open_.expired()) renew_locked();
  Attributes attributes = tree_.attributes_of(NodeType::file, inode_, time_);
  attributes.size = text_->size();
  attributes.attribute_timeout = attributes.entry_timeout = std::chrono::milliseconds(0);
  return attributes;
}

void MadeFile::open(int flags, const Caller& /*caller*/, Answer<OpenFilePtr> answer) {
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0) {
    answer(fail(EROFS, "this file tells how the mount is, and cannot be written"));
    return;
  }
  OpenFilePtr file;
  {
    const std::lock_guard lock(mutex_);
    renew_locked();
    file = std::make_shared<OpenText>(text_);
    open_ = file;
  }
  answer(std::move(file));
}

MadeDirectory::MadeDirectory(const InventoryTree& tree, const std::string& name,
                             std::vector<File> files)
    : tree_(tree), inode_(tree.numbers().part(kOurs, name + "/")), files_(std::move(files)) {}

Result<Attributes> MadeDirectory::attributes() {
  return tree_.attributes_of(NodeType::directory, inode_, tree_.settings().fixed_time);
}

void MadeDirectory::lookup(const std::string& name, const Caller& /*caller*/,
                           Answer<NodePtr> answer) {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const File& file) { return file.name == name; });
  if (found == files_.end()) return answer(fail(ENOENT, "no such file of ours"));
  answer(NodePtr(found->node));
}

void MadeDirectory::open_directory(const Caller& /*caller*/, Answer<OpenDirectoryPtr> answer) {
  auto listing = std::make_shared<Listing>(/*cacheable=*/false);
  for (const File& file : files_)
    listing->add({file.name, NodeType::file, file.node->inode()},
                 [node = file.node] { return node; });
  answer(OpenDirectoryPtr(std::move(listing)));
}

}  // namespace vtpmfs::fs
