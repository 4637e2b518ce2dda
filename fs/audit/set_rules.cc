#include "fs/audit/set_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cache/saved/dialect.h"
#include "cache/saved/file_names.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/saved_set.h"
#include "cache/saved/vtpm_file.h"
#include "fs/audit/certificate_rules.h"
#include "fs/restore/commit_rule.h"

namespace vtpmfs::fs {
namespace {

using Findings = std::vector<Finding>;
using State = FileContent::State;

/// Files that are there and were not read. Nothing else is said about these.
Findings not_read(const SetFacts& facts) {
  Findings findings;
  for (const auto& [name, file] : facts.files) {
    if (file.state == State::unreadable)
      findings.push_back({FindingCode::unreadable, name, file.trouble});
    else if (file.state == State::not_regular)
      findings.push_back({FindingCode::not_a_file, name, "no regular file: it was not opened"});
    else if (file.state == State::too_large)
      findings.push_back({FindingCode::too_large, name,
                          fmt::format("{} bytes: more than a restore takes", file.size)});
    else if (file.state == State::absent)
      findings.push_back({FindingCode::missing, name, "went away while it was looked for"});
  }
  return findings;
}

StagedContents contents_of(const SetFacts& facts) {
  StagedContents contents;
  for (const auto& [name, file] : facts.files)
    if (file.state == State::whole && name != cache::kSha256SumsFile)
      contents.hashes[name] = file.hash;
  if (const auto* text = facts.text(cache::kSha256SumsFile)) contents.manifest = *text;
  if (const auto* text = facts.text(cache::kConfigFile)) contents.config = *text;
  return contents;
}

/// Neither the directory nor its manifest knows of a vTPM: the machine has none.
bool lacks_vtpm(const SetFacts& facts, const Judgement& judgement) {
  const auto* manifest = facts.text(cache::kSha256SumsFile);
  return judgement.verdict == Verdict::not_restorable && manifest != nullptr &&
         manifest->find(cache::kVtpmFile) == std::string::npos &&
         facts.files.find(cache::kVtpmFile) == facts.files.end();
}

/// Complete, and as SHA256SUMS says: the rule of restores.
void against_manifest(const SetFacts& facts, Findings& findings) {
  const Judgement judgement = judge_set(contents_of(facts));
  for (const std::string& name : judgement.missing)
    if (facts.files.find(name) == facts.files.end())
      findings.push_back({FindingCode::missing, name, "the file is missing"});
  for (const std::string& name : judgement.differing)
    findings.push_back(
        {FindingCode::hash, name, fmt::format("differs from {}", cache::kSha256SumsFile)});
  const bool manifest_there = facts.files.find(cache::kSha256SumsFile) != facts.files.end();
  switch (judgement.verdict) {
    case Verdict::no_manifest:
      if (!manifest_there)
        findings.push_back({FindingCode::no_manifest, std::string(cache::kSha256SumsFile),
                            "missing: nothing tells whole files from half ones"});
      else if (facts.text(cache::kSha256SumsFile) != nullptr)
        findings.push_back(
            {FindingCode::bad_manifest, std::string(cache::kSha256SumsFile), "it is empty"});
      break;
    case Verdict::bad_manifest:
      findings.push_back(finding_of(FindingCode::bad_manifest, judgement.words));
      break;
    case Verdict::not_restorable:
      if (lacks_vtpm(facts, judgement))
        findings.push_back({FindingCode::no_vtpm, "",
                            "a machine without a virtual TPM: kept, and never restored by vtpmfs"});
      else
        findings.push_back({FindingCode::unlisted, std::string(cache::kSha256SumsFile),
                            judgement.words.substr(judgement.words.find(' ') + 1)});
      break;
    case Verdict::no_set:
    case Verdict::waiting:
    case Verdict::mismatch:
    case Verdict::complete:
      break;
  }
}

template <class T>
void add_error(const std::optional<Result<T>>& parsed, Findings& findings) {
  if (parsed && !*parsed)
    findings.push_back(finding_of(FindingCode::format, parsed->error().words));
}

Findings formats(const SetFacts& facts) {
  Findings findings;
  add_error(facts.parsed.key, findings);
  add_error(facts.parsed.bundle, findings);
  add_error(facts.parsed.firmware, findings);
  add_error(facts.parsed.vtpm, findings);
  add_error(facts.parsed.config, findings);
  const auto nvram = facts.files.find(cache::kNvramFile);
  if (nvram != facts.files.end() && nvram->second.state == State::whole && nvram->second.size == 0)
    findings.push_back({FindingCode::format, std::string(cache::kNvramFile), "it is empty"});
  return findings;
}

/// What the files say of each other, where each by itself is well: the rule of restores.
void together(const SetFacts& facts, Findings& findings) {
  // Whether it is there and not empty was said before.
  const auto set = cache::put_together(facts.parsed, true, 1);
  if (!set) {
    findings.push_back(finding_of(FindingCode::inconsistent, set.error().words));
    return;
  }
  for (const std::string& warning : set->warnings) {
    Finding finding = finding_of(FindingCode::config, warning);
    if (finding.file == cache::kBundleFile) finding.code = FindingCode::bundle_form;
    findings.push_back(std::move(finding));
  }
}

void config_by_itself(const SetFacts& facts, Findings& findings) {
  if (facts.files.find(cache::kConfigFile) == facts.files.end()) {
    findings.push_back({FindingCode::no_config, std::string(cache::kConfigFile),
                        "missing: a restore makes a machine of the default kind"});
    return;
  }
  if (!facts.parsed.config || !*facts.parsed.config) return;
  const auto say = [&](FindingCode code, std::string words) {
    findings.push_back({code, std::string(cache::kConfigFile), std::move(words)});
  };
  const vsphere::VmConfig& config = (*facts.parsed.config)->config;
  std::set<int> keys;
  bool twice = false;
  for (const auto& device : config.devices) twice |= !keys.insert(device.key).second;
  for (const auto& disk : config.disks) twice |= !keys.insert(disk.key).second;
  if (twice) say(FindingCode::config, "two devices have the same key");
  for (const auto& boot : config.boot_order) {
    using Kind = vsphere::BootDevice::Kind;
    if ((boot.kind == Kind::disk || boot.kind == Kind::ethernet) &&
        keys.count(boot.device_key) == 0)
      say(FindingCode::config,
          fmt::format("the boot order names device {}, which is not there", boot.device_key));
  }
  const cache::SavedOrigin* origin = facts.origin();
  if (origin == nullptr) {
    say(FindingCode::config, "does not say which machine it is");
    return;
  }
  if (origin->no_nvram && facts.names.known.count(cache::kNvramFile) != 0)
    say(FindingCode::config, "says that the machine had no nvram, and there is one");
  if (origin->provider_has_backup == false)
    say(FindingCode::no_key_backup,
        "when this was saved, its key provider had no backup: without the provider's key nothing "
        "here can be opened");
}

/// Restores take other tools' JSON; an auditor may want to know who wrote it.
void dialects(const SetFacts& facts, Findings& findings) {
  const auto look = [&](std::string_view name, const std::string& as_we_write_it) {
    const std::string* text = facts.text(name);
    if (*text == as_we_write_it) return;
    findings.push_back(
        {FindingCode::dialect, std::string(name),
         fmt::format("not as vtpmfs writes it: {}", cache::name_of(cache::dialect_of(*text)))});
  };
  const auto& key = facts.parsed.key;
  const auto& vtpm = facts.parsed.vtpm;
  if (key && *key) look(cache::kKeyIdFile, cache::render_key_id(**key));
  if (vtpm && *vtpm) look(cache::kVtpmFile, cache::render_vtpm((*vtpm)->device));
}

void surroundings(const SetNames& names, Findings& findings) {
  if (names.leftover_count > 0)
    findings.push_back(
        {FindingCode::leftover, names.leftovers.front(),
         names.leftover_count == 1
             ? "a copying tool was broken off here, or still runs"
             : fmt::format("and {} more: a copying tool was broken off here, or still runs",
                           names.leftover_count - 1)});
  if (names.restore_status)
    findings.push_back({FindingCode::restore_status, "restore.status",
                        "a copy of a staging area, not of a machine: it was never saved from vm/"});
}

}  // namespace

std::vector<Finding> examine(const SetFacts& facts, const CheckTerms& terms) {
  Findings findings = not_read(facts);
  against_manifest(facts, findings);
  const Findings unparsed = formats(facts);
  findings.insert(findings.end(), unparsed.begin(), unparsed.end());
  if (unparsed.empty() && facts.parsed.firmware) together(facts, findings);
  config_by_itself(facts, findings);
  if (facts.parsed.vtpm && *facts.parsed.vtpm)
    examine_certificates(**facts.parsed.vtpm, terms, findings);
  dialects(facts, findings);
  surroundings(facts.names, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity() > b.severity(); });
  return findings;
}

std::optional<cache::Sha256Hash> endorsement_of(const SetFacts& facts) {
  if (!facts.parsed.vtpm || !*facts.parsed.vtpm) return std::nullopt;
  return endorsement_keys_hash(**facts.parsed.vtpm);
}

}  // namespace vtpmfs::fs
