// opendir, readdir, readdirplus, releasedir, fsyncdir.
//
// Offsets are positions in the snapshot of the open directory: 0 is `.`, 1 is `..`, then its
// entries.
#include <sys/stat.h>

#include <string>
#include <vector>

#include "fs/kernel/encode.h"
#include "fs/kernel/operations.h"
#include "fs/kernel/serve.h"

namespace vtpmfs::fs::kernel {
namespace {

void opendir(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  serve_node(
      raw, Operation::opendir, inode,
      [&](Border& border, const RequestPtr& request, const NodePtr& node) {
        node->open_directory(
            request->caller(),
            request->answer<OpenDirectoryPtr>(
                [&border, opened = *info](Reply& reply, OpenDirectoryPtr snapshot) -> Status {
                  fuse_file_info reply_info = opened;
                  const bool cacheable = snapshot->cacheable();
                  reply_info.cache_readdir = cacheable ? 1 : 0;
                  reply_info.keep_cache = cacheable ? 1 : 0;
                  Handover handover(border);
                  reply_info.fh =
                      handover.open_listing(std::make_shared<OpenListing>(std::move(snapshot)));
                  handover.sent(reply.open_file(reply_info));
                  return {};
                }));
      });
}

/// One READDIR's buffer, filled entry by entry.
class Page {
 public:
  Page(Border& border, Reply& reply, size_t size, bool plus)
      : handover_(border), reply_(reply), plus_(plus), buffer_(size) {}

  /// False when the entry does not fit any more.
  bool add_dot(const char* name, InodeNumber inode, off_t next) {
    fuse_entry_param entry{};  // node id 0: no attributes, no reference
    entry.attr.st_ino = inode.value;
    entry.attr.st_mode = S_IFDIR;
    return append(name, entry, next);
  }

  bool add(OpenDirectory& snapshot, size_t index, InodeNumber directory, off_t next) {
    const DirectoryEntry& listed = snapshot.entries()[index];
    fuse_entry_param entry{};
    entry.attr.st_ino = listed.ino.value;
    entry.attr.st_mode = file_type(listed.type);
    if (plus_) {
      if (!fits(listed.name)) return false;  // before a reference is counted
      if (const NodePtr node = snapshot.node_of(index)) {
        if (const auto found = handover_.entry(node, directory)) entry = *found;
      }
    }
    return append(listed.name.c_str(), entry, next);
  }

  Status send() {
    handover_.sent(reply_.bytes(std::string_view(buffer_.data(), used_)));
    return {};
  }

 private:
  bool fits(const std::string& name) {
    return used_ + fuse_add_direntry_plus(reply_.raw(), nullptr, 0, name.c_str(), nullptr, 0) <=
           buffer_.size();
  }

  bool append(const char* name, const fuse_entry_param& entry, off_t next) {
    char* const to = buffer_.data() + used_;
    const size_t room = buffer_.size() - used_;
    const size_t needed = plus_
                              ? fuse_add_direntry_plus(reply_.raw(), to, room, name, &entry, next)
                              : fuse_add_direntry(reply_.raw(), to, room, name, &entry.attr, next);
    if (needed > room) return false;
    used_ += needed;
    return true;
  }

  Handover handover_;
  Reply& reply_;
  const bool plus_;
  std::vector<char> buffer_;
  size_t used_ = 0;
};

struct ReadFrom {
  InodeNumber directory;
  off_t offset = 0;
  size_t size = 0;
  bool plus = false;
};

Status reply_with_page(Border& border, Reply& reply, OpenDirectory& snapshot,
                       const ReadFrom& from) {
  Page page(border, reply, from.size, from.plus);
  const auto end = static_cast<off_t>(snapshot.entries().size()) + 2;
  for (off_t at = from.offset; at < end; ++at) {
    bool added = false;
    if (at == 0) {
      added = page.add_dot(".", from.directory, at + 1);
    } else if (at == 1) {
      added = page.add_dot("..", border.inodes.parent(from.directory), at + 1);
    } else {
      added = page.add(snapshot, static_cast<size_t>(at - 2), from.directory, at + 1);
    }
    if (!added) break;
  }
  return page.send();
}

void read_listing(fuse_req_t raw, Operation operation, const ReadFrom& from, uint64_t handle) {
  serve_node(raw, operation, from.directory.value,
             [&](Border& border, const RequestPtr& request, const NodePtr& node) {
               const OpenListingPtr listing = border.listings.find(handle);
               if (!listing) {
                 request->fail(Error{Errno{EBADF}, "not an open directory"});
                 return;
               }
               if (from.offset < 0) {
                 request->fail(Error{Errno{EINVAL}, "negative offset"});
                 return;
               }
               if (from.offset == 0 && listing->stale()) {
                 node->open_directory(
                     request->caller(),
                     request->answer<OpenDirectoryPtr>(
                         [&border, listing, from](Reply& reply, OpenDirectoryPtr snapshot) {
                           listing->replace(std::move(snapshot));
                           return reply_with_page(border, reply, *listing->read(), from);
                         }));
                 return;
               }
               request->finish([&](Reply& reply) {
                 return reply_with_page(border, reply, *listing->read(), from);
               });
             });
}

void readdir(fuse_req_t raw, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* info) {
  read_listing(raw, Operation::readdir, {InodeNumber{inode}, offset, size, false}, info->fh);
}

void readdirplus(fuse_req_t raw, fuse_ino_t inode, size_t size, off_t offset,
                 fuse_file_info* info) {
  read_listing(raw, Operation::readdirplus, {InodeNumber{inode}, offset, size, true}, info->fh);
}

void releasedir(fuse_req_t raw, fuse_ino_t inode, fuse_file_info* info) {
  serve(raw, Operation::releasedir, inode, [&](Border& border, const RequestPtr& request) {
    border.listings.remove(info->fh);
    request->done()({});
  });
}

void fsyncdir(fuse_req_t raw, fuse_ino_t inode, int /*data_only*/, fuse_file_info* /*info*/) {
  serve_node(raw, Operation::fsyncdir, inode,
             [](Border& /*border*/, const RequestPtr& request, const NodePtr& node) {
               node->fsync_directory(request->caller(), request->done());
             });
}

}  // namespace

void add_directory_operations(fuse_lowlevel_ops& operations) {
  operations.opendir = opendir;
  operations.readdir = readdir;
  operations.readdirplus = readdirplus;
  operations.releasedir = releasedir;
  operations.fsyncdir = fsyncdir;
}

}  // namespace vtpmfs::fs::kernel
