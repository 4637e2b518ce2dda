#include "fs/daemon/mount_point.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace vtpmfs::fs {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

bool is_mount_root(const std::string& path, const struct stat& info) {
  struct stat above {};
  return stat((path + "/..").c_str(), &above) == 0 && path != "/" &&
         (above.st_dev != info.st_dev || above.st_ino == info.st_ino);
}

}  // namespace

Result<std::string> usable_mount_point(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const int code = errno;
    if (code == ENOTCONN)
      return fail(
          code,
          path +
              ": a file system that died is still mounted there; remove it with: fusermount3 -u " +
              path);
    return fail(code, path + ": " + std::generic_category().message(code));
  }
  if (!S_ISDIR(info.st_mode)) return fail(ENOTDIR, path + " is not a directory");
  const std::unique_ptr<char, decltype(&std::free)> absolute(realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!absolute) return fail(errno, path + ": " + std::generic_category().message(errno));
  const std::string place = absolute.get();
  if (is_mount_root(place, info)) return fail(EBUSY, path + ": something is mounted there already");
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(place.c_str()));
  if (!directory) return fail(errno, path + ": " + std::generic_category().message(errno));
  while (const dirent* entry =
             readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      return fail(ENOTEMPTY, path + " is not empty; what is in it would be hidden");
  }
  if (access(place.c_str(), W_OK) != 0 && geteuid() != 0)
    return fail(EACCES, path + " is not writable for you, so you cannot mount on it");
  return place;
}

}  // namespace vtpmfs::fs
