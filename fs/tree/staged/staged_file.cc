#include "fs/tree/staged/staged_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {
namespace {

bool for_writing(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

/// An open staged file. Remembers what was written through it: the flush of a handle that wrote its
/// file as a whole is told of a wrong hash, that of one which wrote a part is not.
class OpenStagedFile final : public OpenFile {
 public:
  OpenStagedFile(std::shared_ptr<RestoreTree> tree, cache::StagedId id, int flags)
      : tree_(std::move(tree)), id_(id), append_((flags & O_APPEND) != 0) {
    tree_->store().hold(id_);
    if (for_writing(flags)) {
      writing_in_ = tree_->store().parent(id_).value_or(0);
      tree_->writer_opened(writing_in_);
    }
  }
  OpenStagedFile(const OpenStagedFile&) = delete;
  OpenStagedFile& operator=(const OpenStagedFile&) = delete;
  ~OpenStagedFile() override {
    if (writing_in_ != 0) tree_->writer_closed(writing_in_);
    tree_->store().let_go(id_);
  }

  void read(uint64_t offset, size_t size, const Caller&, Answer<Bytes> answer) override {
    auto bytes = tree_->store().read(id_, offset, size);
    if (!bytes) return answer(fail(bytes.error()));
    const size_t got = bytes->size();
    answer(Bytes{std::make_shared<const std::string>(std::move(*bytes)), 0, got});
  }

  void write(uint64_t offset, std::string_view bytes, const Caller&,
             Answer<size_t> answer) override {
    const auto directory = tree_->store().parent(id_);
    if (directory)
      if (auto may = tree_->sets().may_write(*directory); !may) return answer(fail(may.error()));
    if (append_)
      if (const auto now = tree_->store().attributes(id_)) offset = std::max(offset, now->size);
    auto put = tree_->store().write(id_, offset, bytes);
    {
      const std::lock_guard hold(lock_);
      written_.add(offset, put.value_or(0));
      changed_ = true;
    }
    if (directory) tree_->sets().changed(*directory);
    answer(std::move(put));
  }

  /// truncate(2) through this handle.
  void cut(uint64_t size) {
    const std::lock_guard hold(lock_);
    written_.cut(size);
    changed_ = true;
  }

  void flush(const Caller& caller, Answer<void> answer) override {
    const auto directory = tree_->store().parent(id_);
    const auto name = tree_->store().name(id_);
    const auto now = tree_->store().attributes(id_);
    Arrival arrival;
    {
      // close(2) may come several times (dup, fork), also before anything was written.
      const std::lock_guard hold(lock_);
      if (!changed_ || !directory || !name || !now) return answer({});
      changed_ = false;
      arrival.whole = written_.covers(now->size);
    }
    if (!takes_part(*name)) return answer({});
    arrival.file = *name;
    tree_->sets().arrived(*directory, arrival, caller, std::move(answer));
  }

  void fsync(const Caller&, Answer<void> answer) override { answer(tree_->store().fsync(id_)); }

 private:
  const std::shared_ptr<RestoreTree> tree_;
  const cache::StagedId id_;
  const bool append_;
  cache::StagedId writing_in_ = 0;
  std::mutex lock_;
  WrittenRanges written_;
  bool changed_ = false;
};

}  // namespace

Result<Attributes> staged_attributes(const RestoreTree& tree, cache::StagedId id) {
  const auto staged = tree.store().attributes(id);
  if (!staged) return fail(staged.error());
  Attributes out;
  out.ino = tree.inode(id);
  out.type = staged->directory ? NodeType::directory : NodeType::file;
  out.permissions = staged->permissions;
  out.links = staged->directory ? 2 + staged->subdirectories : 1;
  out.uid = staged->uid;
  out.gid = staged->gid;
  out.size = staged->size;
  out.atime = staged->atime;
  out.mtime = staged->mtime;
  out.ctime = staged->ctime;
  return out;
}

Status store_attributes(const RestoreTree& tree, cache::StagedId id,
                        const AttributeChange& change) {
  if (!change.permissions && !change.uid && !change.gid && !change.atime && !change.mtime)
    return {};
  return tree.store().set_attributes(id, change.permissions, change.uid, change.gid, change.atime,
                                     change.mtime);
}

bool is_own_attribute(const std::string& name) {
  return name.rfind("user.vtpmfs.", 0) == 0;
}

Result<Attributes> StagedFile::attributes() {
  return staged_attributes(*tree_, id_);
}

void StagedFile::set_attributes(const AttributeChange& change, OpenFile* file, const Caller& caller,
                                Answer<Attributes> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  if (change.size) {
    const auto directory = tree_->store().parent(id_);
    if (directory)
      if (auto may = tree_->sets().may_write(*directory); !may) return answer(fail(may.error()));
    if (auto cut = tree_->store().truncate(id_, *change.size); !cut)
      return answer(fail(cut.error()));
    if (auto* handle = dynamic_cast<OpenStagedFile*>(file)) handle->cut(*change.size);
    if (directory) tree_->sets().changed(*directory);
  }
  if (auto stored = store_attributes(*tree_, id_, change); !stored)
    return answer(fail(stored.error()));
  answer(attributes());
}

OpenFilePtr StagedFile::handle(int flags) {
  return std::make_shared<OpenStagedFile>(tree_, id_, flags);
}

void StagedFile::open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) {
  if (for_writing(flags) || (flags & O_TRUNC) != 0) {
    if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
    const auto directory = tree_->store().parent(id_);
    if (directory)
      if (auto may = tree_->sets().may_write(*directory); !may) return answer(fail(may.error()));
  }
  OpenFilePtr opened = handle(flags);
  if ((flags & O_TRUNC) != 0) {
    if (auto cut = tree_->store().truncate(id_, 0); !cut) return answer(fail(cut.error()));
    static_cast<OpenStagedFile&>(*opened).cut(0);
  }
  answer(std::move(opened));
}

Error StagedFile::refuse_special() const {
  return Error{Errno{EPERM}, "restore/ holds files and directories only"};
}

void StagedFile::get_attribute(const std::string& name, const Caller&, Answer<std::string> answer) {
  answer(tree_->store().get_xattr(id_, name));
}

Result<std::vector<std::string>> StagedFile::list_attributes() {
  auto names = tree_->store().list_xattr(id_);
  if (names)
    names->erase(std::remove_if(names->begin(), names->end(), is_own_attribute), names->end());
  return names;
}

void StagedFile::set_attribute(const std::string& name, const std::string& value, int flags,
                               const Caller& caller, Answer<void> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  if (is_own_attribute(name)) return answer({});  // copied from elsewhere: accepted and forgotten
  answer(tree_->store().set_xattr(id_, name, value, flags));
}

void StagedFile::remove_attribute(const std::string& name, const Caller& caller,
                                  Answer<void> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  answer(tree_->store().remove_xattr(id_, name));
}

}  // namespace vtpmfs::fs
