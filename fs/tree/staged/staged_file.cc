#include "fs/tree/staged/staged_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {
namespace {

bool for_writing(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

/// Lets a change of a file's bytes through, or EPERM. Nothing has to be asked of a file that was
/// removed.
Result<std::optional<DirectoryChange>> change_of(RestoreTree& tree, cache::StagedId file) {
  const auto directory = tree.store().parent(file);
  if (!directory) return std::nullopt;
  auto change = tree.sets().change(*directory);
  if (!change) return fail(change.error());
  return std::optional<DirectoryChange>(std::move(*change));
}

/// An open staged file. Remembers what was written through it: the flush of a handle that wrote its
/// file as a whole is told of a wrong hash, that of one which wrote a part is not.
class OpenStagedFile final : public OpenFile {
 public:
  /// `is_new`: this handle has made the file.
  OpenStagedFile(std::shared_ptr<RestoreTree> tree, cache::StagedId id, int flags, bool is_new)
      : tree_(std::move(tree)),
        id_(id),
        append_((flags & O_APPEND) != 0),
        exclusive_(is_new && (flags & O_EXCL) != 0),
        changed_(is_new) {
    tree_->store().hold(id_);
    if (!for_writing(flags)) return;
    if (is_new) tree_->sets().writing(id_);
    writing_in_ = tree_->store().parent(id_).value_or(0);
    if (writing_in_ != 0) tree_->writer_opened(writing_in_);
  }
  OpenStagedFile(const OpenStagedFile&) = delete;
  OpenStagedFile& operator=(const OpenStagedFile&) = delete;
  ~OpenStagedFile() override {
    if (writing_in_ != 0) {
      tree_->writer_closed(writing_in_);
      tree_->sets().closed(writing_in_);
    }
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
    Result<size_t> put = size_t{0};
    {
      const auto change = change_of(*tree_, id_);
      if (!change) return answer(fail(change.error()));
      begin_writing();
      if (append_)
        if (const auto now = tree_->store().attributes(id_)) offset = std::max(offset, now->size);
      put = tree_->store().write(id_, offset, bytes);
      if (!put) tree_->sets().failed(id_, put.error());
      const std::lock_guard hold(lock_);
      written_.add(offset, put.value_or(0));
      if (!put) wanted_ = std::max(wanted_, offset + bytes.size());
    }
    answer(std::move(put));
  }

  /// truncate(2) through this handle, which was let through.
  Status cut(uint64_t size) {
    begin_writing();
    auto done = tree_->store().truncate(id_, size);
    if (done && size == 0) tree_->sets().mended(id_);
    const std::lock_guard hold(lock_);
    written_.cut(size);
    wanted_ = std::min(wanted_, size);
    return done;
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
      // An empty file is whole where it was made to be filled by this handle alone (cp, tar);
      // `cat x > f` closes a copy of its descriptor first.
      // What a failed write did not bring is missing, whatever the size is.
      const uint64_t size = std::max(now->size, wanted_);
      arrival.whole = written_.covers(size) || (size == 0 && exclusive_);
      if (arrival.whole) tree_->sets().mended(id_);
      if (arrival.whole || size == 0) tree_->sets().finished(id_);
    }
    if (!takes_part(*name)) return answer({});
    arrival.file = *name;
    tree_->sets().arrived(*directory, arrival, caller, std::move(answer));
  }

  void fsync(const Caller&, Answer<void> answer) override { answer(tree_->store().fsync(id_)); }

 private:
  void begin_writing() {
    const std::lock_guard hold(lock_);
    if (!changed_) tree_->sets().writing(id_);
    changed_ = true;
  }

  const std::shared_ptr<RestoreTree> tree_;
  const cache::StagedId id_;
  const bool append_;
  const bool exclusive_;
  cache::StagedId writing_in_ = 0;
  std::mutex lock_;
  WrittenRanges written_;
  uint64_t wanted_ = 0;  ///< where the furthest write that failed would have ended
  bool changed_;         ///< since the last flush
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
    const auto may = change_of(*tree_, id_);
    if (!may) return answer(fail(may.error()));
    auto* handle = dynamic_cast<OpenStagedFile*>(file);
    auto cut =
        handle != nullptr ? handle->cut(*change.size) : tree_->store().truncate(id_, *change.size);
    if (!cut) return answer(fail(cut.error()));
    if (*change.size == 0) tree_->sets().mended(id_);
  }
  if (auto stored = store_attributes(*tree_, id_, change); !stored)
    return answer(fail(stored.error()));
  answer(attributes());
}

OpenFilePtr StagedFile::handle_of_new(int flags) {
  return std::make_shared<OpenStagedFile>(tree_, id_, flags, true);
}

void StagedFile::open(int flags, const Caller& caller, Answer<OpenFilePtr> answer) {
  if (for_writing(flags) || (flags & O_TRUNC) != 0) {
    if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
    const auto directory = tree_->store().parent(id_);
    if (directory)
      if (auto may = tree_->sets().may_write(*directory); !may) return answer(fail(may.error()));
  }
  auto opened = std::make_shared<OpenStagedFile>(tree_, id_, flags, false);
  if ((flags & O_TRUNC) != 0) {
    const auto may = change_of(*tree_, id_);
    if (!may) return answer(fail(may.error()));
    if (auto cut = opened->cut(0); !cut) return answer(fail(cut.error()));
  }
  answer(OpenFilePtr(std::move(opened)));
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
