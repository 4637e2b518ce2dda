#include "tests/mount/power_cut/disk.h"

#include <unistd.h>

#include <algorithm>

namespace vtpmfs::power_cut {

Disk::Disk() : root_(make(S_IFDIR | 0700, getuid(), getgid())) {}

std::shared_ptr<Inode> Disk::find(std::string_view path) const {
  std::shared_ptr<Inode> at = root_;
  while (at != nullptr) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    if (path.empty()) return at;
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(name.size());
    const auto found = at->entries.find(name);
    at = found == at->entries.end() ? nullptr : found->second;
  }
  return nullptr;
}

std::shared_ptr<Inode> Disk::parent_of(std::string_view path) const {
  const auto found = find(path.substr(0, path.rfind('/')));
  return found != nullptr && found->is_directory() ? found : nullptr;
}

std::string Disk::last_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

std::shared_ptr<Inode> Disk::make(mode_t mode, uid_t uid, gid_t gid) {
  auto inode = std::make_shared<Inode>();
  inode->number = ++last_;
  inode->attributes.st_mode = mode;
  inode->attributes.st_uid = uid;
  inode->attributes.st_gid = gid;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  inode->attributes.st_atim = inode->attributes.st_mtim = inode->attributes.st_ctim = now;
  return inode;
}

void Disk::sync(Inode& inode) {
  inode.kept_bytes = inode.bytes;
  inode.kept_entries = inode.entries;
}

std::shared_ptr<Inode> Disk::survivor(const Inode& inode, Loss loss) {
  auto out = make(inode.attributes.st_mode, inode.attributes.st_uid, inode.attributes.st_gid);
  out->attributes.st_atim = inode.attributes.st_atim;
  out->attributes.st_mtim = inode.attributes.st_mtim;
  out->bytes = inode.kept_bytes;
  // The length was written, and the blocks were not: they read as zeros.
  if (loss == Loss::bytes_only && inode.bytes.size() != out->bytes.size())
    out->bytes.resize(inode.bytes.size(), '\0');
  const auto& entries = loss == Loss::everything ? inode.kept_entries : inode.entries;
  for (const auto& [name, child] : entries) out->entries[name] = survivor(*child, loss);
  sync(*out);
  return out;
}

void Disk::cut(Loss loss) {
  root_ = survivor(*root_, loss);
}

}  // namespace vtpmfs::power_cut
