// mount.vtpmfs: the words that mount(8) gives to a helper of its own.
#pragma once

#include <string>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::fs {

/// Whether a program of this name was started as mount(8)'s helper: mount.vtpmfs,
/// mount.fuse.vtpmfs.
bool is_mount_helper(const std::string& program);

/// What mount(8) asks of its helper: `SPEC DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]`.
struct HelperCall {
  std::vector<std::string> words;  ///< as our own command line has them
  bool pretend = false;            ///< mount -f: all but the mount itself
};
/// EINVAL for a letter that mount(8) does not have.
Result<HelperCall> read_helper_words(const std::vector<std::string>& words);

/// The exit status as mount(8) documents it: 1 for wrong words, 32 for a mount that failed.
int helper_status(bool wrong_words);

}  // namespace vtpmfs::fs
