#include "fs/restore/commit_rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "cache/saved/config_file.h"
#include "cache/saved/file_names.h"
#include "cache/saved/sha256sums.h"

namespace vtpmfs::fs {
namespace {

constexpr std::array kFiveFiles{cache::kBundleFile, cache::kFirmwareFile, cache::kKeyIdFile,
                                cache::kNvramFile, cache::kVtpmFile};

/// config.json says that the VM had no nvram. Believed only where its own hash is right.
bool says_no_nvram(const StagedContents& contents) {
  if (!contents.config) return false;
  const auto config = cache::parse_config(*contents.config);
  return config && config->origin && config->origin->no_nvram;
}

/// Of the five files; nvram is not missing where config.json says that there was none.
std::vector<std::string> missing_of_the_five(const StagedContents& contents) {
  std::vector<std::string> missing;
  for (const std::string_view name : kFiveFiles)
    if (contents.hashes.find(name) == contents.hashes.end() &&
        !(name == cache::kNvramFile && says_no_nvram(contents)))
      missing.emplace_back(name);
  return missing;
}

}  // namespace

bool makes_a_set(std::string_view name) {
  return name == cache::kKeyIdFile || name == cache::kBundleFile || name == cache::kVtpmFile ||
         name == cache::kNvramFile;
}

bool takes_part(std::string_view name) {
  return name == cache::kSha256SumsFile ||
         std::find(cache::kSummedFiles.begin(), cache::kSummedFiles.end(), name) !=
             cache::kSummedFiles.end();
}

bool is_hidden(std::string_view name) {
  return !name.empty() && name.front() == '.';
}

Judgement judge(const StagedContents& contents) {
  const bool is_set = std::any_of(contents.hashes.begin(), contents.hashes.end(),
                                  [](const auto& file) { return makes_a_set(file.first); });
  return is_set ? judge_set(contents) : Judgement{};
}

Judgement judge_set(const StagedContents& contents) {
  Judgement judgement;
  if (!contents.manifest || contents.manifest->empty()) {
    judgement.verdict = Verdict::no_manifest;
    judgement.missing = missing_of_the_five(contents);
    if (contents.manifest) {
      // Made, and not written yet: its bytes are on their way, or found no room.
      judgement.missing.emplace_back(cache::kSha256SumsFile);
      judgement.words =
          fmt::format("waiting for {}; SHA256SUMS is empty", fmt::join(judgement.missing, ", "));
      return judgement;
    }
    judgement.words =
        judgement.missing.empty()
            ? "waiting for SHA256SUMS, which tells whole files from half ones; to start without "
              "it: sync this directory"
            : fmt::format("waiting for {} and SHA256SUMS", fmt::join(judgement.missing, ", "));
    return judgement;
  }
  const auto sums = cache::parse_sha256sums(*contents.manifest);
  if (!sums) {
    judgement.verdict = Verdict::bad_manifest;
    judgement.words = sums.error().words;
    judgement.missing = missing_of_the_five(contents);
    return judgement;
  }
  for (const auto& [name, hash] : *sums) {
    const auto staged = contents.hashes.find(name);
    if (staged == contents.hashes.end())
      judgement.missing.push_back(name);
    else if (staged->second != hash)
      judgement.differing.push_back(name);
  }
  if (!judgement.missing.empty()) {
    judgement.verdict = Verdict::waiting;
    judgement.words = fmt::format("waiting for {}", fmt::join(judgement.missing, ", "));
    return judgement;
  }
  if (!judgement.differing.empty()) {
    judgement.verdict = Verdict::mismatch;
    judgement.words =
        fmt::format("{} differs from SHA256SUMS", fmt::join(judgement.differing, ", "));
    return judgement;
  }
  const auto may_lack_nvram = [&] {
    return sums->find(cache::kConfigFile) != sums->end() && says_no_nvram(contents);
  };
  std::vector<std::string> unlisted;
  for (const std::string_view name : kFiveFiles)
    if (sums->find(name) == sums->end() && !(name == cache::kNvramFile && may_lack_nvram()))
      unlisted.emplace_back(name);
  if (!unlisted.empty()) {
    judgement.verdict = Verdict::not_restorable;
    judgement.words = fmt::format("SHA256SUMS does not list {}: this was never a whole set",
                                  fmt::join(unlisted, ", "));
    return judgement;
  }
  judgement.verdict = Verdict::complete;
  return judgement;
}

std::optional<Refusal> refusal_of(const Judgement& judgement) {
  switch (judgement.verdict) {
    case Verdict::mismatch:
      return Refusal{{Errno{EBADMSG}, judgement.words},
                     "copy the set again from a good backup; nothing was made"};
    case Verdict::bad_manifest:
      return Refusal{{Errno{EINVAL}, judgement.words},
                     "copy SHA256SUMS again from a good backup; nothing was made"};
    case Verdict::not_restorable:
      return Refusal{{Errno{EINVAL}, judgement.words},
                     "use a complete saved directory; nothing was made"};
    case Verdict::no_set:
    case Verdict::no_manifest:
    case Verdict::waiting:
    case Verdict::complete:
      return std::nullopt;
  }
  return std::nullopt;
}

bool tells_mismatch(const Judgement& judgement, const Arrival& arrival) {
  if (judgement.verdict != Verdict::mismatch || !arrival.whole) return false;
  const auto& differing = judgement.differing;
  if (std::find(differing.begin(), differing.end(), arrival.file) != differing.end()) return true;
  return arrival.last_piece &&
         std::any_of(differing.begin(), differing.end(),
                     [&](const std::string& name) { return arrival.unfinished.count(name) == 0; });
}

bool tells_bad_manifest(const Judgement& judgement, const Arrival& arrival) {
  if (judgement.verdict != Verdict::bad_manifest || !arrival.whole) return false;
  if (arrival.file == cache::kSha256SumsFile) return true;
  return judgement.missing.empty() && arrival.unfinished.count(cache::kSha256SumsFile) == 0;
}

void WrittenRanges::add(uint64_t offset, uint64_t size) {
  if (size == 0) return;
  uint64_t begin = offset;
  uint64_t end = offset + size;
  auto next = ranges_.upper_bound(begin);
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= begin) {
      begin = before->first;
      end = std::max(end, before->second);
      ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= end) {
    end = std::max(end, next->second);
    next = ranges_.erase(next);
  }
  ranges_[begin] = end;
}

void WrittenRanges::cut(uint64_t size) {
  ranges_.erase(ranges_.lower_bound(size), ranges_.end());
  if (!ranges_.empty() && ranges_.rbegin()->second > size) ranges_.rbegin()->second = size;
}

bool WrittenRanges::covers(uint64_t size) const {
  // What lies behind the end was written as well, and cut off by somebody else.
  return !ranges_.empty() && ranges_.begin()->first == 0 && ranges_.begin()->second >= size;
}

}  // namespace vtpmfs::fs
