#include "fs/audit/set_names.h"

#include <algorithm>
#include <array>

#include "cache/saved/file_names.h"
#include "fs/restore/commit_rule.h"

namespace vtpmfs::fs {
namespace {

constexpr size_t kLeftoversTold = 5;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

/// What a tool may put behind a file's name while it writes: .part, .tmp, .1a2b3c4d.partial ...
bool is_suffix_of_unfinished(std::string_view suffix) {
  constexpr std::array kSuffixes{".part", ".partial", ".filepart", ".tmp"};
  if (std::find(kSuffixes.begin(), kSuffixes.end(), suffix) != kSuffixes.end()) return true;
  constexpr std::string_view kPartial = ".partial";
  if (suffix.size() <= kPartial.size() + 1 || suffix.front() != '.') return false;
  const std::string_view random = suffix.substr(1, suffix.size() - 1 - kPartial.size());
  return suffix.substr(1 + random.size()) == kPartial &&
         std::all_of(random.begin(), random.end(), is_alphanumeric);
}

bool is_unfinished(std::string_view name, std::string_view file) {
  if (begins_with(name, file) && is_suffix_of_unfinished(name.substr(file.size()))) return true;
  if (begins_with(name, ".syncthing.")) return begins_with(name.substr(11), file);
  if (!begins_with(name, ".") || !begins_with(name.substr(1), file)) return false;
  // rsync: a dot, the name, a dot and six characters.
  const std::string_view rest = name.substr(1 + file.size());
  return is_suffix_of_unfinished(rest) ||
         (rest.size() == 7 && rest.front() == '.' &&
          std::all_of(rest.begin() + 1, rest.end(), is_alphanumeric));
}

}  // namespace

bool is_leftover(std::string_view name) {
  if (name == ".~tmp~" || name == ".rsync-partial" || begins_with(name, ".fuse_hidden") ||
      begins_with(name, ".nfs0"))
    return true;
  return is_unfinished(name, cache::kSha256SumsFile) ||
         std::any_of(cache::kSummedFiles.begin(), cache::kSummedFiles.end(),
                     [&](std::string_view file) { return is_unfinished(name, file); });
}

void SetNames::add(std::string_view name, bool is_directory) {
  if (is_leftover(name)) {
    if (++leftover_count <= kLeftoversTold) leftovers.emplace_back(name);
  } else if (!is_directory && takes_part(name)) {
    known.emplace(name);
  } else if (!is_directory && name == "restore.status") {
    restore_status = true;
  }
}

Likeness likeness(const SetNames& names) {
  if (std::any_of(names.known.begin(), names.known.end(), makes_a_set) || names.known.size() > 1)
    return Likeness::set;
  return names.known.empty() ? Likeness::none : Likeness::content_tells;
}

}  // namespace vtpmfs::fs
