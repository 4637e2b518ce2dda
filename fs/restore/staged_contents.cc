// What StagedSets reads from the store: contents to judge, bytes to restore, places and placement.
#include <algorithm>
#include <cerrno>

#include "cache/saved/config_file.h"
#include "cache/saved/file_names.h"
#include "cache/saved/sha256sums.h"
#include "fs/restore/api_names.h"
#include "fs/restore/network_pairs.h"
#include "fs/restore/staged_sets.h"
#include "fs/restore/status_text.h"

namespace vtpmfs::fs {

using cache::StagedId;

namespace {

constexpr std::string_view kAttributePrefix = "user.vtpmfs.";
constexpr std::string_view kNetworkPrefix = "user.vtpmfs.network.";

bool holds_a_set(const std::vector<cache::StagedEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const cache::StagedEntry& entry) {
    return !entry.directory && makes_a_set(entry.name);
  });
}

uint64_t size_limit(std::string_view name, uint64_t nvram_max) {
  if (name == cache::kNvramFile) return nvram_max;
  if (name == cache::kConfigFile) return cache::kConfigMaxBytes;
  if (name == cache::kVtpmFile) return cache::kVtpmMaxBytes;
  if (name == cache::kBundleFile) return cache::kBundleMaxBytes;
  if (name == cache::kKeyIdFile) return cache::kKeyIdMaxBytes;
  if (name == cache::kFirmwareFile) return cache::kFirmwareMaxBytes;
  return cache::kSha256SumsMaxBytes;
}

}  // namespace

std::vector<StagedSets::Told> StagedSets::told_sets() const {
  std::map<StagedId, Told> all;
  {
    const std::lock_guard hold(lock_);
    for (const auto& [directory, set] : sets_) {
      if (set.stage == Stage::open && set.news)
        all[directory].status = *set.news;
      else if (set.stage != Stage::open || (set.refused && set.told))
        all[directory] = {{}, {}, set.status, set.stage == Stage::running};
    }
  }
  std::vector<Told> present;
  for (auto& [directory, told] : all) {
    auto path = path_of(directory);
    const auto datacenter = store_.name(root_above(directory));
    if (!path || !datacenter) continue;  // removed meanwhile
    told.path = std::move(*path);
    told.datacenter = vsphere::MoRef{"Datacenter", *datacenter};
    present.push_back(std::move(told));
  }
  return present;
}

Result<std::vector<std::string>> StagedSets::path_of(StagedId directory) const {
  std::vector<std::string> path;
  for (StagedId id = directory;;) {
    const auto parent = store_.parent(id);
    if (!parent) return fail(parent.error());
    if (*parent == 0) break;
    const auto name = store_.name(id);
    if (!name) return fail(name.error());
    path.push_back(*name);
    id = *parent;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

StagedId StagedSets::root_above(StagedId directory) const {
  for (StagedId id = directory;;) {
    const auto parent = store_.parent(id);
    if (!parent) return 0;
    if (*parent == 0) return id;
    id = *parent;
  }
}

bool StagedSets::hidden(StagedId directory) const {
  const auto path = path_of(directory);
  return !path || std::any_of(path->begin(), path->end(),
                              [](const std::string& name) { return is_hidden(name); });
}

Result<std::string> StagedSets::whole_file(StagedId file, uint64_t limit) {
  auto bytes = store_.read(file, 0, limit + 1);
  if (bytes && bytes->size() > limit)
    return fail(EFBIG, "more than the " + std::to_string(limit) + " bytes that are believed");
  return bytes;
}

Result<cache::Sha256Hash> StagedSets::hash(StagedId file) {
  const auto version = store_.content_version(file);
  if (!version) return fail(version.error());
  {
    const std::lock_guard hold(lock_);
    const auto known = hashes_.find(file);
    if (known != hashes_.end() && known->second.version == *version) return known->second.hash;
  }
  constexpr size_t kPiece = 1U << 20;
  cache::Sha256 sum;
  for (uint64_t at = 0;;) {
    const auto bytes = store_.read(file, at, kPiece);
    if (!bytes) return fail(bytes.error());
    sum.update(*bytes);
    at += bytes->size();
    if (bytes->size() < kPiece) break;
  }
  const cache::Sha256Hash result = sum.finish();
  const auto after = store_.content_version(file);
  const std::lock_guard hold(lock_);
  if (after && *after == *version) hashes_[file] = KnownHash{*version, result};
  return result;
}

Result<StagedContents> StagedSets::contents(StagedId directory) {
  const auto entries = store_.list(directory);
  if (!entries) return fail(entries.error());
  StagedContents present;
  // A folder may hold a SHA256SUMS of its own, of any size and over anything.
  if (!holds_a_set(*entries)) return present;
  for (const auto& entry : *entries) {
    if (entry.directory || !takes_part(entry.name)) continue;
    if (entry.name == cache::kSha256SumsFile || entry.name == cache::kConfigFile) {
      auto text = whole_file(entry.id, size_limit(entry.name, nvram_max_));
      if (!text && text.error().code == Errno{ENOENT}) continue;
      if (!text) return fail(Error{text.error().code, entry.name + ": " + text.error().words});
      (entry.name == cache::kConfigFile ? present.config : present.manifest) = std::move(*text);
      if (entry.name == cache::kSha256SumsFile) continue;
    }
    const auto sum = hash(entry.id);
    // Another program removed or replaced it since it was listed: its own arrival will be looked
    // at.
    if (!sum && sum.error().code == Errno{ENOENT}) continue;
    if (!sum) return fail(sum.error());
    present.hashes[entry.name] = *sum;
  }
  return present;
}

Placement StagedSets::placement_of(StagedId directory) {
  Placement placement;
  const auto names = store_.list_xattr(directory);
  if (!names) return placement;
  const std::string prefix(kAttributePrefix);
  for (const std::string& name : *names) {
    if (name.rfind(prefix, 0) != 0) continue;
    const auto value = store_.get_xattr(directory, name);
    if (!value || value->empty()) continue;
    if (name == prefix + "pool")
      placement.pool = *value;
    else if (name == prefix + "host")
      placement.host = *value;
    else if (name == prefix + "datastore")
      placement.datastore = *value;
    else if (name == prefix + "policy")
      placement.policy = *value;
    else if (name == prefix + "network") {
      // What names one saved network alone goes first, wherever it stands in the list.
      if (auto pairs = network_pairs(*value)) placement.networks.merge(*pairs);
    } else if (name.rfind(kNetworkPrefix, 0) == 0)
      placement.networks[name.substr(kNetworkPrefix.size())] = *value;
  }
  return placement;
}

Status StagedSets::check_place(StagedId directory, const std::vector<std::string>& path) const {
  if (path.empty()) return fail(EINVAL, "a set needs a directory of its own below restore/");
  // A set below a set: which of the two would be meant?
  for (auto above = store_.parent(directory); above && *above != 0; above = store_.parent(*above)) {
    const auto entries = store_.list(*above);
    if (!entries) return fail(entries.error());
    if (holds_a_set(*entries)) return fail(EINVAL, "this set lies within another set's directory");
  }
  return {};
}

Result<std::map<std::string, std::string>> StagedSets::bytes_of(StagedId directory,
                                                                bool only_listed) {
  const auto entries = store_.list(directory);
  if (!entries) return fail(entries.error());
  const auto read = [&](const cache::StagedEntry& entry) {
    auto bytes = whole_file(entry.id, size_limit(entry.name, nvram_max_));
    if (bytes) return bytes;
    return Result<std::string>(
        fail(Error{bytes.error().code, entry.name + ": " + bytes.error().words}));
  };
  std::map<std::string, std::string> files;
  // What the manifest does not vouch for takes no part, however large it is: half of it may still
  // be on its way.
  cache::Sha256Sums listed;
  if (only_listed) {
    for (const auto& entry : *entries) {
      if (entry.directory || entry.name != cache::kSha256SumsFile) continue;
      auto text = read(entry);
      if (!text) return fail(text.error());
      auto sums = cache::parse_sha256sums(*text);
      if (!sums) return fail(sums.error());
      listed = std::move(*sums);
      files[entry.name] = std::move(*text);
    }
  }
  for (const auto& entry : *entries) {
    if (entry.directory || !takes_part(entry.name)) continue;
    if (only_listed && listed.count(entry.name) == 0) continue;
    auto bytes = read(entry);
    if (!bytes) return fail(bytes.error());
    files[entry.name] = std::move(*bytes);
  }
  return files;
}

Result<RestoreRequest> StagedSets::request(StagedId directory, bool verified) {
  const auto path = path_of(directory);
  if (!path) return fail(path.error());
  if (auto fits = check_place(directory, *path); !fits) return fail(fits.error());
  RestoreRequest asked;
  asked.staged_directory = directory;
  asked.manifest_verified = verified;
  const auto datacenter = store_.name(root_above(directory));
  if (!datacenter) return fail(datacenter.error());
  asked.datacenter = vsphere::MoRef{"Datacenter", *datacenter};
  const auto vm_folder = inventory_.vm_folder_of(asked.datacenter);
  if (!vm_folder) return fail(ENOENT, "the datacenter of this restore/ is gone");
  asked.vm_folder = *vm_folder;

  auto files = bytes_of(directory, verified);
  if (!files) return fail(files.error());
  asked.files = std::move(*files);

  size_t existing = 0;
  cache::MoRef folder = *vm_folder;
  for (const std::string& name : *path) {
    const auto child = inventory_.child(folder, name);
    if (!child ||
        (child->kind != cache::PlaceKind::vm_folder && child->kind != cache::PlaceKind::vapp))
      break;
    folder = child->id;
    ++existing;
  }
  if (existing == path->size())
    return fail(EEXIST, "'" + path->back() + "' is a folder of the vCenter");

  std::optional<cache::SavedOrigin> origin;
  if (const auto config = asked.files.find(std::string(cache::kConfigFile));
      config != asked.files.end()) {
    auto parsed = cache::parse_config(config->second);
    if (!parsed) return fail(parsed.error());
    origin = parsed->origin;
  }
  const SetPlace place = place_of_set(*path, origin ? &*origin : nullptr, existing);
  if (!place.slip_of.empty())
    return fail(EINVAL, "this is the set of '" + origin->raw_name.value_or("") +
                            "' in a new directory called '" + place.slip_of +
                            "', which is the name of its folder: make that folder first (mkdir), "
                            "then copy the set's directory into it");
  asked.folders = place.folders;
  // A folder that is there has its own name, however the mount shows it (marked, cut, escaped).
  folder = *vm_folder;
  const size_t first = path->size() - 1 - asked.folders.size();
  for (size_t i = 0; i < asked.folders.size(); ++i) {
    const auto child = inventory_.child(folder, (*path)[first + i]);
    if (!child || child->kind != cache::PlaceKind::vm_folder) break;
    asked.folders[i] = child->raw_name;
    folder = child->id;
  }
  asked.vm_name = place.vm_name;
  if (!fits_vsphere(asked.vm_name)) {
    Error too_long{Errno{EINVAL}, "the name of a VM has at most 80 characters"};
    too_long.remedy = "copy the set to a directory with a shorter name";
    return fail(std::move(too_long));
  }
  asked.placement = placement_of(directory);
  return asked;
}

bool StagedSets::is_set(StagedId directory) const {
  const auto entries = store_.list(directory);
  return entries && holds_a_set(*entries);
}

std::optional<std::string> StagedSets::status(StagedId directory, bool being_written) {
  const bool set_now = is_set(directory);
  RestoreStatus status;
  bool known = false;
  {
    const std::lock_guard hold(lock_);
    const auto found = sets_.find(directory);
    if (found != sets_.end()) {
      status = found->second.status;
      // What was refused, and emptied since, is a folder again.
      known = found->second.stage != Stage::open ||
              (set_now && found->second.refused.has_value() && found->second.told);
      if (found->second.stage == Stage::open && found->second.news) {
        status = *found->second.news;
        known = true;
      }
    }
  }
  if (known) return status_text(status);
  if (!set_now) return std::nullopt;
  status = RestoreStatus{};
  const auto present = contents(directory);
  const Judgement judgement = present ? judgement_of(directory, *present)
                                      : Judgement{Verdict::waiting, {}, {}, present.error().words};
  const auto refusal = refusal_of(judgement);
  if (refusal && judgement.missing.empty() && !being_written)
    return status_text(refused_status(*refusal));
  status.state = RestoreStatus::State::waiting;
  status.step = judgement.verdict == Verdict::complete
                    ? "complete, and not started: sync this directory, or write a file of it again"
                    : judgement.words;
  return status_text(status);
}

}  // namespace vtpmfs::fs
