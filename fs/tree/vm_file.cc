#include "fs/tree/vm_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/tree/inventory_tree.h"
#include "fs/tree/vm_attributes.h"

namespace vtpmfs::fs {
namespace {

using cache::FileRole;

/// What programs get to see: the errors of SPEC's table, and EIO for all others. ENOENT is for a
/// file that has gone: tools take that for no failure at all, and so it is EIO while it is listed.
Error for_programs(Error error, cache::VmSets& sets, const vsphere::MoRef& vm, FileRole role) {
  switch (error.code.value()) {
    case EACCES:
    case ENODATA:
    case ENOKEY:
    case EFBIG:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EBUSY:
    case EINTR:
      return error;
    case ENOENT: {
      const auto listing = sets.listing(vm);
      if (!listing || listing->find(role) == nullptr) return error;
      break;
    }
    default:
      break;
  }
  error.code = Errno{EIO};
  return error;
}

/// An open file of a pinned generation; letting go of it unpins.
class OpenVmFile final : public OpenFile {
 public:
  OpenVmFile(const InventoryTree& tree, vsphere::MoRef vm, cache::PinnedSetPtr set, FileRole role)
      : tree_(tree),
        told_(tree.shared_told()),
        sets_(tree.sets()),
        vm_(std::move(vm)),
        set_(std::move(set)),
        role_(role),
        inode_(tree.numbers().file(vm_, role)),
        keep_cache_(sets_.same_content_as_before(set_, role)) {
    told_->opened(inode_);
  }
  OpenVmFile(const OpenVmFile&) = delete;
  OpenVmFile& operator=(const OpenVmFile&) = delete;
  /// At the end of the mount the tree may have gone before the last answer has.
  ~OpenVmFile() override { told_->closed(inode_); }

  void read(uint64_t offset, size_t size, const Caller& caller, Answer<Bytes> answer) override {
    if (!is_shown()) {
      answer(fail(EIO, "the VM was changed while the file was read: copy it once more"));
      return;
    }
    vsphere::Call call;
    call.timeout = tree_.settings().call_timeout;
    call.cancel = caller.interrupted;
    sets_.read(set_, role_, call,
               [offset, size, &sets = sets_, vm = vm_, role = role_,
                answer = std::move(answer)](Result<std::shared_ptr<const std::string>> content) {
                 if (!content) {
                   answer(fail(for_programs(std::move(content.error()), sets, vm, role)));
                   return;
                 }
                 const size_t length = (*content)->size();
                 const size_t from = std::min<uint64_t>(offset, length);
                 answer(Bytes{std::move(*content), from, std::min(size, length - from)});
               });
  }
  [[nodiscard]] bool keep_cache() const override { return keep_cache_; }
  [[nodiscard]] bool no_flush() const override { return true; }

 private:
  /// The kernel cuts at the size that is shown now; these bytes belong to another one where the
  /// generation had to make way. A VM that has gone shows nothing: its bytes are still whole.
  [[nodiscard]] bool is_shown() const {
    const auto listing = sets_.listing(vm_);
    const cache::SetFile* shown = listing ? listing->find(role_) : nullptr;
    if (shown == nullptr) return true;
    const cache::SetFile own = sets_.file_of(set_, role_);
    return own.size == shown->size && own.time == shown->time;
  }

  const InventoryTree& tree_;
  const std::shared_ptr<ToldFiles> told_;
  cache::VmSets& sets_;
  const vsphere::MoRef vm_;
  const cache::PinnedSetPtr set_;
  const FileRole role_;
  const InodeNumber inode_;
  const bool keep_cache_;
};

/// Files that an incomplete set still gives out.
bool always_readable(FileRole role) {
  return role == FileRole::firmware || role == FileRole::config;
}

}  // namespace

VmFile::VmFile(const InventoryTree& tree, vsphere::MoRef vm, FileRole role)
    : tree_(tree), vm_(std::move(vm)), role_(role), inode_(tree.numbers().file(vm_, role)) {}

Result<Attributes> VmFile::attributes() {
  const auto listing = tree_.sets().listing(vm_);
  const cache::SetFile* file = listing ? listing->find(role_) : nullptr;
  if (file == nullptr) {
    // No name leads to it any more, but who has it open may ask.
    if (const auto told = tree_.told().open_still(inode_)) {
      Attributes attributes = tree_.attributes_of(NodeType::file, inode_, told->time);
      attributes.size = told->size;
      attributes.attribute_timeout = std::chrono::milliseconds(0);
      return attributes;
    }
    if (!listing) return fail(listing.error());
    return fail(ENOENT, "this VM has no such file any more");
  }
  Attributes attributes = tree_.attributes_of(NodeType::file, inode_, file->time);
  attributes.size = file->size;
  tree_.told().tell(inode_, file->size, file->time);
  if (listing->incomplete && !always_readable(role_)) {
    attributes.attribute_timeout = std::chrono::milliseconds(0);
  }
  return attributes;
}

void VmFile::get_attribute(const std::string& name, const Caller& caller,
                           Answer<std::string> answer) {
  if (!is_our_attribute(name)) return Node::get_attribute(name, caller, std::move(answer));
  answer(file_attribute(tree_, vm_, role_, name));
}

void VmFile::open(int flags, const Caller& /*caller*/, Answer<OpenFilePtr> answer) {
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0) {
    answer(fail(EROFS, "a VM's files are read-only; copy a directory into restore/ instead"));
    return;
  }
  auto set = tree_.sets().open(vm_, role_);
  if (!set) {
    answer(fail(for_programs(std::move(set.error()), tree_.sets(), vm_, role_)));
    return;
  }
  // The kernel does not ask for attributes at open. ESTALE makes it look the path up once more, and
  // open again with what it was told then.
  const cache::SetFile file = tree_.sets().file_of(*set, role_);
  if (!tree_.told().told(inode_, file.size, file.time)) {
    answer(fail(ESTALE, "the file has changed since the kernel looked at it"));
    return;
  }
  answer(OpenFilePtr(std::make_shared<OpenVmFile>(tree_, vm_, std::move(*set), role_)));
}

}  // namespace vtpmfs::fs
