#include "fs/audit/set_head.h"

#include <fmt/format.h>

#include "cache/saved/config_file.h"
#include "cache/saved/file_names.h"
#include "fs/audit/set_facts.h"

namespace vtpmfs::fs {
namespace {

using State = FileContent::State;

std::string reason(std::string_view name, const FileContent& file) {
  switch (file.state) {
    case State::unreadable:
      return fmt::format("{}: {}", name, file.trouble);
    case State::too_large:
      return fmt::format("{}: too large", name);
    case State::not_regular:
      return fmt::format("{}: no regular file", name);
    case State::absent:
    case State::whole:
      break;
  }
  return fmt::format("{}: went away", name);
}

void hash_files(const TreeDirectory& directory, const SetNames& names, uint64_t nvram_max,
                SetHead& head) {
  for (const std::string& name : names.known) {
    const FileContent file = directory.read(name, max_bytes_of(name, nvram_max), false);
    head.mark.modified_ns = std::max(head.mark.modified_ns, file.modified_ns);
    if (file.state == State::whole)
      head.sums[name] = file.hash;
    else
      head.trouble = reason(name, file);
  }
}

void read_sums(const TreeDirectory& directory, const SetNames& names, SetHead& head) {
  const std::string manifest(cache::kSha256SumsFile);
  const FileContent file = directory.read(manifest, cache::kSha256SumsMaxBytes, true);
  head.mark.modified_ns = file.modified_ns;
  if (file.state != State::whole) {
    head.trouble = reason(manifest, file);
    return;
  }
  auto sums = cache::parse_sha256sums(file.bytes);
  if (!sums) {
    head.trouble = sums.error().words;
    return;
  }
  head.sums = *std::move(sums);
  for (const auto& [name, hash] : head.sums)
    if (names.known.count(name) == 0) head.trouble = fmt::format("{}: missing", name);
}

}  // namespace

SetHead read_head(const FoundSet& found, uint64_t nvram_max) {
  SetHead head;
  head.path = found.full_path();
  head.mark.path = found.path;
  const auto directory = found.open();
  if (!directory) {
    head.trouble = directory.error().words;
    return head;
  }
  const std::string config_name(cache::kConfigFile);
  if (found.names.known.count(config_name) != 0) {
    const FileContent file = directory->read(config_name, cache::kConfigMaxBytes, true);
    if (file.state == State::whole)
      if (auto config = cache::parse_config(file.bytes)) head.origin = std::move(config->origin);
  }
  if (head.origin) head.mark.instance_uuid = head.origin->instance_uuid;
  if (found.names.known.count(cache::kSha256SumsFile) != 0)
    read_sums(*directory, found.names, head);
  else
    hash_files(*directory, found.names, nvram_max, head);
  return head;
}

}  // namespace vtpmfs::fs
