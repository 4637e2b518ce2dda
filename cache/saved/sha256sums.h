// The file SHA256SUMS: the manifest of a saved directory.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "cache/saved/sha256.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// Hash by file name, sorted as the file is.
using Sha256Sums = std::map<std::string, Sha256Hash, std::less<>>;

/// Coreutils' form, `<hash>  <name>` lines sorted by name: `sha256sum -c SHA256SUMS` passes.
std::string render_sha256sums(const Sha256Sums& sums);

/// Reads that form, also with `*` before the name (binary mode) and without the last newline. Only
/// the six plain names, each at most once, at least one. EINVAL for anything else; carriage returns
/// (which sha256sum takes for a part of the name) and escaped names have words of their own. EFBIG
/// for a huge file.
Result<Sha256Sums> parse_sha256sums(std::string_view text);

}  // namespace vtpmfs::cache
