#include "fs/options/mount_options.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "fs/options/option_table.h"

namespace vtpmfs::fs {
namespace {

/// For mount(8), fstab and systemd; no business of ours.
constexpr std::array<std::string_view, 19> kIgnored{"_netdev",
                                                    "nofail",
                                                    "auto",
                                                    "noauto",
                                                    "user",
                                                    "nouser",
                                                    "users",
                                                    "owner",
                                                    "group",
                                                    "defaults",
                                                    "rw",
                                                    "exec",
                                                    "suid",
                                                    "dev",
                                                    "relatime",
                                                    "strictatime",
                                                    "lazytime",
                                                    "nolazytime",
                                                    "default_permissions"};

/// For the kernel or libfuse, passed on as they are.
constexpr std::array<std::string_view, 14> kPassedOn{
    "nosuid",  "nodev",    "noexec", "noatime", "nodiratime", "sync",    "async",
    "dirsync", "max_read", "fsname", "subtype", "allow_root", "context", "nonempty"};

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> items(1);
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && i + 1 < list.size())
      items.back() += list[++i];
    else if (list[i] == ',')
      items.emplace_back();
    else
      items.back() += list[i];
  }
  return items;
}

Status apply_one(const std::string& item, Options& options) {
  const size_t equals = item.find('=');
  const std::string name = item.substr(0, equals);
  const std::string value = equals == std::string::npos ? std::string() : item.substr(equals + 1);
  if (name.rfind("x-", 0) == 0 || name == "comment") return {};
  // `user` is mount(8)'s word, `user=NAME` is ours.
  if (equals == std::string::npos &&
      std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end())
    return {};
  if (name == "nonempty")
    return fail(EINVAL, "'nonempty' is not supported: what lies below would be hidden");
  if (std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end()) {
    options.fuse_options.push_back(item);
    return {};
  }
  if (name == "auto_unmount")
    return fail(EINVAL,
                "'auto_unmount' is refused: after a crash a backup would see an empty directory");
  std::string dashed = name;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const OptionSpec* option = find_option(dashed);
  if (option == nullptr) return fail(EINVAL, "unknown mount option '" + name + "'");
  if (option->value.empty() != (equals == std::string::npos) && option->name != "password")
    return fail(EINVAL, "mount option '" + name +
                            (option->value.empty() ? "' takes no value" : "' needs a value"));
  if (auto applied = option->apply(options, value); !applied)
    return fail(EINVAL, "mount option '" + name + "': " + applied.error().words);
  options.settings.push_back({dashed, option->value.empty() ? "true" : value, kCommandLine});
  return {};
}

}  // namespace

Status apply_mount_options(const std::string& list, Options& options) {
  for (const std::string& item : split_list(list)) {
    if (item.empty()) continue;
    if (auto applied = apply_one(item, options); !applied) return applied;
  }
  return {};
}

}  // namespace vtpmfs::fs
