// create, mkdir, unlink, rmdir and rename in restore/.
#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "fs/restore/answer_of_all.h"
#include "fs/restore/api_names.h"
#include "fs/tree/staged/restore_directory.h"
#include "fs/tree/staged/staged_file.h"
#include "fs/tree/staged/status_file.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {
constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE
}  // namespace

Status RestoreDirectory::name_is_free(const std::string& name) const {
  const cache::MoRef folder = vm_folder();
  if (folder.empty()) return {};
  if (tree_->inventory().child(folder, name) ||
      tree_->inventory().child_by_raw_name(folder, api_name(name)))
    return fail(EEXIST, "'" + name + "' is there in the vCenter already");
  return {};
}

void RestoreDirectory::create(const std::string& name, uint32_t permissions, int flags,
                              const Caller& caller, Answer<CreatedFile> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const auto here = staged_or_made();
  if (!here) return answer(fail(here.error()));
  if (name == kStatusName) {
    auto status = std::make_shared<StatusFile>(tree_, *here, inode_);
    return status->open(flags, caller,
                        [status, answer = std::move(answer)](Result<OpenFilePtr> opened) {
                          answer(CreatedFile{status, *std::move(opened)});
                        });
  }
  if (auto free = name_is_free(name); !free) return answer(fail(free.error()));
  std::shared_ptr<StagedFile> file;
  {
    const auto change = tree_->sets().change(*here);
    if (!change) return answer(fail(change.error()));
    const auto made = tree_->store().create(*here, name, false, permissions & ~caller.umask,
                                            caller.uid, caller.gid);
    if (made) {
      if (takes_part(name)) tree_->sets().appeared(*here);
      file = std::make_shared<StagedFile>(tree_, *made);
      auto handle = file->handle_of_new(flags);
      return answer(CreatedFile{std::move(file), std::move(handle)});
    }
    // Another program was faster: without O_EXCL its file is opened.
    const auto present = tree_->store().lookup(*here, name);
    const auto attributes = present ? tree_->store().attributes(*present)
                                    : Result<cache::StagedAttributes>(fail(made.error()));
    if (made.error().code != Errno{EEXIST} || (flags & O_EXCL) != 0 || !attributes ||
        attributes->directory)
      return answer(fail(made.error()));
    file = std::make_shared<StagedFile>(tree_, *present);
  }
  file->open(flags, caller, [file, answer = std::move(answer)](Result<OpenFilePtr> opened) {
    if (!opened) return answer(fail(opened.error()));
    answer(CreatedFile{file, *std::move(opened)});
  });
}

void RestoreDirectory::make_directory(const std::string& name, uint32_t permissions,
                                      const Caller& caller, Answer<NodePtr> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  if (name == kStatusName)
    return answer(fail(EEXIST, "restore.status is the name of the file that tells the state"));
  if (auto free = name_is_free(name); !free) return answer(fail(free.error()));
  const auto here = staged_or_made();
  if (!here) return answer(fail(here.error()));
  const auto change = tree_->sets().change(*here);
  if (!change) return answer(fail(change.error()));
  const auto made =
      tree_->store().create(*here, name, true, permissions & ~caller.umask, caller.uid, caller.gid);
  if (!made) return answer(fail(made.error()));
  answer(child(name));
}

void RestoreDirectory::unlink(const std::string& name, const Caller& caller, Answer<void> answer) {
  if (name == kStatusName) return answer({});
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const StagedId here = staged();
  if (here == 0) return answer(fail(ENOENT, "nothing of that name is staged"));
  const auto change = tree_->sets().removal(here);
  if (!change) return answer(fail(change.error()));
  const auto file = tree_->store().lookup(here, name);
  auto gone = tree_->store().unlink(here, name);
  if (gone && file) tree_->sets().forget(*file);
  answer(std::move(gone));
}

void RestoreDirectory::remove_directory(const std::string& name, const Caller& caller,
                                        Answer<void> answer) {
  if (auto may = tree_->may_change(caller); !may) return answer(fail(may.error()));
  const StagedId here = staged();
  const auto below = here == 0 ? Result<StagedId>(fail(ENOENT, "no such directory"))
                               : tree_->store().lookup(here, name);
  if (folder_child(name)) {
    // The folder stays; what lay staged in it is gone already, or rmdir says so.
    if (below)
      if (const auto listed = tree_->store().list(*below); listed && !listed->empty())
        return answer(fail(ENOTEMPTY, "something is staged in '" + name + "'"));
    return answer(fail(EROFS, "'" + name + "' is a folder of the vCenter"));
  }
  if (!below) return answer(fail(below.error()));
  const auto change_here = tree_->sets().removal(here);
  if (!change_here) return answer(fail(change_here.error()));
  const auto change = tree_->sets().removal(*below);
  if (!change) return answer(fail(change.error()));
  auto gone = tree_->store().remove_directory(here, name);
  if (gone) {
    tree_->sets().forget(*below);
    tree_->forget(*below);
  }
  answer(std::move(gone));
}

Status RestoreDirectory::may_rename(const std::string& name, RestoreDirectory& to,
                                    const std::string& new_name, unsigned flags,
                                    const Caller& caller) {
  if (auto may = tree_->may_change(caller); !may) return may;
  if (folder_child(name)) return fail(EROFS, "'" + name + "' is a folder of the vCenter");
  const StagedId from = staged();
  if (from == 0) return fail(ENOENT, "nothing of that name is staged");
  const auto moved = tree_->store().lookup(from, name);
  if (!moved) return fail(moved.error());
  if (to.folder_child(new_name))
    return fail(EEXIST, "'" + new_name + "' is a folder of the vCenter");
  // A set that runs or has run keeps its name: under another one it would look like another VM's.
  const StagedId target = to.staged();
  const auto replaced =
      target == 0 ? Result<StagedId>(StagedId{0}) : tree_->store().lookup(target, new_name);
  for (const StagedId directory : {*moved, replaced.value_or(0)}) {
    if (directory == 0) continue;
    if (auto may = tree_->sets().may_write(directory); !may) return may;
    if (auto may = tree_->sets().may_move(directory); !may) return may;
  }
  const auto gets_name = [&](StagedId entry, const RestoreDirectory& where,
                             const std::string& as) -> Status {
    const auto attributes = tree_->store().attributes(entry);
    return attributes && attributes->directory ? where.name_is_free(as) : Status();
  };
  if (auto free = gets_name(*moved, to, new_name); !free) return free;
  if ((flags & kExchange) != 0 && replaced && *replaced != 0)
    return gets_name(*replaced, *this, name);
  return {};
}

Result<RestoreDirectory::Moved> RestoreDirectory::move(const std::string& name,
                                                       RestoreDirectory& to,
                                                       const std::string& new_name,
                                                       unsigned flags) {
  const StagedId from = staged();
  const auto target = to.staged_or_made();
  if (!target) return fail(target.error());
  const auto change_here = tree_->sets().change(from);
  if (!change_here) return fail(change_here.error());
  const auto change_there = tree_->sets().change(*target);
  if (!change_there) return fail(change_there.error());
  if (new_name == kStatusName) {
    // A copy of a status file found its name: accepted, and forgotten.
    if (auto gone = tree_->store().unlink(from, name); !gone) return fail(gone.error());
    return Moved{};
  }
  const auto moved = tree_->store().lookup(from, name);
  if (!moved) return fail(moved.error());
  const auto replaced = tree_->store().lookup(*target, new_name);
  if (auto done = tree_->store().rename(from, name, *target, new_name, flags); !done)
    return fail(done.error());
  const bool exchanged = (flags & kExchange) != 0;
  if (replaced && !exchanged && *replaced != *moved) {
    tree_->sets().forget(*replaced);
    tree_->forget(*replaced);
  }
  if (!replaced && takes_part(new_name)) tree_->sets().appeared(*target);
  return Moved{*moved, exchanged ? replaced.value_or(0) : 0};
}

void RestoreDirectory::look_at(StagedId entry, const std::string& name, const Caller& caller,
                               Answer<void> answer) {
  const auto attributes = tree_->store().attributes(entry);
  if (!attributes) return answer({});
  if (attributes->directory)
    return tree_->sets().directory_arrived(entry, caller, std::move(answer));
  tree_->sets().finished(entry);
  if (!takes_part(name)) return answer({});
  tree_->sets().arrived(staged(), Arrival{name, true, false, {}}, caller, std::move(answer));
}

void RestoreDirectory::rename(const std::string& name, const NodePtr& new_parent,
                              const std::string& new_name, unsigned flags, const Caller& caller,
                              Answer<void> answer) {
  auto* to = dynamic_cast<RestoreDirectory*>(new_parent.get());
  // Never EXDEV: mv would copy, and so clone a VM or remove its source.
  if (to == nullptr) return answer(fail(EROFS, "only restore/ can be changed"));
  if (name == kStatusName) return answer(fail(EPERM, "restore.status stays where it is"));
  if (auto may = may_rename(name, *to, new_name, flags, caller); !may)
    return answer(fail(may.error()));
  const auto moved = move(name, *to, new_name, flags);
  if (!moved) return answer(fail(moved.error()));
  if (moved->here != 0) answer = answer_of_all(2, std::move(answer));
  to->look_at(moved->there, new_name, caller, answer);
  if (moved->here != 0) look_at(moved->here, name, caller, std::move(answer));
}

}  // namespace vtpmfs::fs
