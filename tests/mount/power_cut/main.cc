// power-cut MOUNTPOINT: a file system whose power can be cut, for tests of what a daemon keeps in
// it.
//
// Controlled by the attribute user.power of its root. Written:
//   off LOSS            the power is cut: what was not made durable is gone, everything answers EIO
//   arm NUMBER LOSS     the power is cut right after that many more steps that reach the disk
//   (fsync,
//                       rename, removal), and whoever took the last one is killed, as by the cut
//   on                  the power is back: the disk is as the cut left it
// LOSS is `everything` or `bytes-only` (disk.h). Read: "on STEPS" or "off STEPS", the steps since
// the last command.
#define FUSE_USE_VERSION 312
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sstream>

#include "tests/mount/power_cut/disk.h"

namespace vtpmfs::power_cut {
namespace {

constexpr std::string_view kControl = "user.power";

struct Machine {
  std::mutex lock;
  Disk disk;
  bool on = true;
  uint64_t generation = 0;  ///< counts power cuts: a handle of before reaches nothing
  long steps = 0;
  long armed = 0;
  Loss armed_loss = Loss::everything;

  void cut(Loss loss) {
    disk.cut(loss);
    on = false;
    armed = 0;
    ++generation;
  }
  /// Something has reached the disk.
  int step() {
    ++steps;
    if (armed == 0 || steps < armed) return 0;
    cut(armed_loss);
    kill(fuse_get_context()->pid, SIGKILL);
    return -EIO;
  }
};

Machine& machine() {
  static Machine only;
  return only;
}

/// An open file or directory.
struct Handle {
  std::shared_ptr<Inode> inode;
  uint64_t generation;
};

/// The one lock, and the disk where the power is on.
class Access {
 public:
  Access() : hold_(machine().lock) {}
  [[nodiscard]] bool on() const { return machine().on; }
  /// Of the handle where there is one, else of the path; null with the reason in `error`.
  std::shared_ptr<Inode> find(const char* path, const fuse_file_info* file) {
    error = -EIO;
    if (!on()) return nullptr;
    if (file != nullptr && file->fh != 0) {
      const auto* handle = reinterpret_cast<const Handle*>(file->fh);
      return handle->generation == machine().generation ? handle->inode : nullptr;
    }
    error = -ENOENT;
    return path == nullptr ? nullptr : machine().disk.find(path);
  }
  int error = 0;

 private:
  const std::lock_guard<std::mutex> hold_;
};

void touch(Inode& inode) {
  clock_gettime(CLOCK_REALTIME, &inode.attributes.st_mtim);
  inode.attributes.st_ctim = inode.attributes.st_mtim;
}

int give_handle(std::shared_ptr<Inode> inode, fuse_file_info* file) {
  file->fh = reinterpret_cast<uint64_t>(new Handle{std::move(inode), machine().generation});
  return 0;
}

int make_node(const char* path, mode_t mode, std::shared_ptr<Inode>* made = nullptr) {
  if (!machine().on) return -EIO;
  const auto parent = machine().disk.parent_of(path);
  if (parent == nullptr) return -ENOENT;
  const std::string name = Disk::last_name(path);
  if (parent->entries.count(name) > 0) return -EEXIST;
  const fuse_context* caller = fuse_get_context();
  const auto inode = machine().disk.make(mode, caller->uid, caller->gid);
  parent->entries[name] = inode;
  touch(*parent);
  if (made != nullptr) *made = inode;
  return 0;
}

int remove_node(const char* path, bool directory) {
  const Access access;
  if (!access.on()) return -EIO;
  const auto inode = machine().disk.find(path);
  if (inode == nullptr) return -ENOENT;
  if (inode->is_directory() != directory) return directory ? -ENOTDIR : -EISDIR;
  if (!inode->entries.empty()) return -ENOTEMPTY;
  const auto parent = machine().disk.parent_of(path);
  parent->entries.erase(Disk::last_name(path));
  touch(*parent);
  return machine().step();
}

int get_attributes(const char* path, struct stat* out, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  *out = inode->attributes;
  out->st_ino = inode->number;
  out->st_nlink = inode->is_directory() ? 2 : 1;
  out->st_size = static_cast<off_t>(inode->bytes.size());
  out->st_blocks = (out->st_size + 511) / 512;
  return 0;
}

int make_directory(const char* path, mode_t mode) {
  const Access access;
  return make_node(path, S_IFDIR | mode);
}

int create(const char* path, mode_t mode, fuse_file_info* file) {
  const Access access;
  std::shared_ptr<Inode> made;
  if (const int failed = make_node(path, S_IFREG | (mode & 07777U), &made); failed != 0)
    return failed;
  return give_handle(std::move(made), file);
}

int open_node(const char* path, fuse_file_info* file) {
  Access access;
  auto inode = access.find(path, nullptr);
  if (inode == nullptr) return access.error;
  if ((file->flags & O_TRUNC) != 0) inode->bytes.clear();
  return give_handle(std::move(inode), file);
}

int release(const char*, fuse_file_info* file) {
  delete reinterpret_cast<Handle*>(file->fh);
  return 0;
}

int read_bytes(const char* path, char* out, size_t size, off_t at, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  const auto from = static_cast<size_t>(at);
  if (from >= inode->bytes.size()) return 0;
  return static_cast<int>(inode->bytes.copy(out, size, from));
}

int write_bytes(const char* path, const char* bytes, size_t size, off_t at, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  const auto from = static_cast<size_t>(at);
  if (inode->bytes.size() < from + size) inode->bytes.resize(from + size, '\0');
  std::memcpy(inode->bytes.data() + from, bytes, size);
  touch(*inode);
  return static_cast<int>(size);
}

int set_size(const char* path, off_t size, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  inode->bytes.resize(static_cast<size_t>(size), '\0');
  touch(*inode);
  return 0;
}

int sync_node(const char* path, int, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  Disk::sync(*inode);
  return machine().step();
}

int rename_node(const char* from, const char* to, unsigned flags) {
  const Access access;
  if (!access.on()) return -EIO;
  if (flags != 0) return -EINVAL;
  const auto moved = machine().disk.find(from);
  const auto parent = machine().disk.parent_of(to);
  if (moved == nullptr || parent == nullptr) return -ENOENT;
  auto& place = parent->entries[Disk::last_name(to)];
  if (place != nullptr && (place->is_directory() || moved->is_directory())) return -EEXIST;
  place = moved;
  machine().disk.parent_of(from)->entries.erase(Disk::last_name(from));
  touch(*parent);
  return machine().step();
}

int set_mode(const char* path, mode_t mode, fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  inode->attributes.st_mode = (inode->attributes.st_mode & S_IFMT) | (mode & 07777U);
  return 0;
}

int set_times(const char* path, const timespec times[2], fuse_file_info* file) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  timespec* const kept[2] = {&inode->attributes.st_atim, &inode->attributes.st_mtim};
  for (int i = 0; i < 2; ++i)
    if (times[i].tv_nsec != UTIME_OMIT) *kept[i] = times[i].tv_nsec == UTIME_NOW ? now : times[i];
  return 0;
}

int read_directory(const char* path, void* out, fuse_fill_dir_t fill, off_t, fuse_file_info* file,
                   fuse_readdir_flags) {
  Access access;
  const auto inode = access.find(path, file);
  if (inode == nullptr) return access.error;
  for (const auto& [name, child] : inode->entries)
    fill(out, name.c_str(), nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  return 0;
}

int room(const char*, struct statvfs* out) {
  constexpr fsblkcnt_t kBlocks = 1U << 24;
  out->f_bsize = out->f_frsize = 4096;
  out->f_blocks = out->f_bfree = out->f_bavail = kBlocks;
  out->f_files = out->f_ffree = out->f_favail = kBlocks;
  out->f_namemax = 255;
  return 0;
}

int control(std::string_view words) {
  std::istringstream in{std::string(words)};
  std::string verb, loss;
  long number = 0;
  in >> verb;
  if (verb == "arm") in >> number;
  if (verb != "on") in >> loss;
  const bool known = loss == "everything" || loss == "bytes-only";
  const Loss wanted = loss == "everything" ? Loss::everything : Loss::bytes_only;
  Machine& whole = machine();
  if (verb == "on" && !whole.on) {
    whole.on = true;
  } else if (verb == "on") {
    whole.armed = 0;
  } else if (verb == "off" && known && whole.on) {
    whole.cut(wanted);
  } else if (verb == "arm" && known && whole.on && number > 0) {
    whole.armed = number;
    whole.armed_loss = wanted;
  } else {
    return -EINVAL;
  }
  whole.steps = 0;
  return 0;
}

int set_attribute(const char* path, const char* name, const char* value, size_t size, int) {
  const Access access;
  if (std::strcmp(path, "/") != 0 || name != kControl) return -ENOTSUP;
  return control({value, size});
}

int get_attribute(const char* path, const char* name, char* out, size_t size) {
  const Access access;
  if (std::strcmp(path, "/") != 0 || name != kControl) return -ENODATA;
  const std::string text = (access.on() ? "on " : "off ") + std::to_string(machine().steps);
  if (size == 0) return static_cast<int>(text.size());
  if (size < text.size()) return -ERANGE;
  return static_cast<int>(text.copy(out, size));
}

void* begin(fuse_conn_info*, fuse_config* config) {
  // Nothing is remembered by the kernel: a cut changes everything.
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 0;
  config->direct_io = 1;
  config->hard_remove = 1;
  config->nullpath_ok = 1;
  config->use_ino = 1;
  return nullptr;
}

}  // namespace
}  // namespace vtpmfs::power_cut

int main(int argc, char** argv) {
  using namespace vtpmfs::power_cut;
  if (argc != 2) {
    std::fputs("usage: power-cut MOUNTPOINT\n", stderr);
    return 2;
  }
  fuse_operations operations{};
  operations.init = begin;
  operations.getattr = get_attributes;
  operations.mkdir = make_directory;
  operations.create = create;
  operations.open = open_node;
  operations.opendir = open_node;
  operations.release = release;
  operations.releasedir = release;
  operations.read = read_bytes;
  operations.write = write_bytes;
  operations.truncate = set_size;
  operations.fsync = sync_node;
  operations.fsyncdir = sync_node;
  operations.rename = rename_node;
  operations.unlink = [](const char* path) { return remove_node(path, false); };
  operations.rmdir = [](const char* path) { return remove_node(path, true); };
  operations.chmod = set_mode;
  operations.utimens = set_times;
  operations.readdir = read_directory;
  operations.statfs = room;
  operations.setxattr = set_attribute;
  operations.getxattr = get_attribute;
  char foreground[] = "-f";
  char option[] = "-o";
  char threads[] = "max_threads=10";
  char* words[] = {argv[0], foreground, option, threads, argv[1], nullptr};
  return fuse_main(5, words, &operations, nullptr);
}
