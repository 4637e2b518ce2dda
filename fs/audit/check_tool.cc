#include "fs/audit/check_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cache/saved/vi_json.h"
#include "fs/audit/audit_output.h"
#include "fs/audit/in_parallel.h"
#include "fs/audit/same_identity.h"
#include "fs/audit/shown_text.h"

namespace vtpmfs::fs {
namespace {

Severity worst(const std::vector<Finding>& findings) {
  Severity severity = Severity::note;
  for (const Finding& finding : findings) severity = std::max(severity, finding.severity());
  return severity;
}

struct Counts {
  size_t well = 0;
  size_t warnings = 0;
  size_t errors = 0;
};

Counts count(const CheckReport& report) {
  Counts counts;
  for (const CheckedSet& set : report.sets) {
    const Severity severity = worst(set.findings);
    ++(severity == Severity::error     ? counts.errors
       : severity == Severity::warning ? counts.warnings
                                       : counts.well);
  }
  return counts;
}

SetIdentity identity_of(const CheckedSet& set, const SetFacts& facts) {
  SetIdentity identity;
  identity.path = set.path;
  identity.endorsement = endorsement_of(facts);
  if (set.origin) identity.instance_uuid = set.origin->instance_uuid;
  const auto& config = facts.parsed.config;
  if (config && *config) identity.bios_uuid = (*config)->config.uuid;
  return identity;
}

CheckedSet check_one(const FoundSet& found, const AuditOptions& options, const CheckTerms& terms,
                     SetIdentity& identity) {
  CheckedSet set;
  set.path = found.full_path();
  identity.path = set.path;
  const auto directory = found.open();
  if (!directory) {
    set.findings.push_back({FindingCode::unreadable, "", directory.error().words});
    return set;
  }
  const SetFacts facts = read_set(*directory, found.names, {options.nvram_max, true});
  set.findings = examine(facts, terms);
  if (facts.origin() != nullptr) set.origin = *facts.origin();
  if (facts.parsed.key && *facts.parsed.key) set.key = **facts.parsed.key;
  if (found.below_a_set)
    set.findings.push_back({FindingCode::nested, "",
                            "lies in the directory of another set: restored there, it is refused"});
  identity = identity_of(set, facts);
  return set;
}

std::string first_line(const CheckReport& report) {
  const Counts counts = count(report);
  std::string line = counted(report.sets.size(), "set");
  if (counts.errors > 0) line += fmt::format(", {} with errors", counts.errors);
  if (counts.warnings > 0) line += fmt::format(", {} with warnings", counts.warnings);
  const auto elsewhere = static_cast<size_t>(std::count_if(
      report.elsewhere.begin(), report.elsewhere.end(),
      [](const FoundElsewhere& place) { return place.finding.severity() != Severity::note; }));
  if (elsewhere > 0) line += ", " + counted(elsewhere, "finding") + " elsewhere";
  if (line.find(',') == std::string::npos && !report.sets.empty()) line += ", all well";
  return line + '\n';
}

}  // namespace

CheckReport check_trees(const AuditOptions& options, const CheckTerms& terms,
                        ProgressBar& progress) {
  CheckReport report;
  const auto roots = open_roots(options.directories, report.elsewhere);
  const unsigned threads = threads_for(options.threads);
  progress.begin("looking for sets: directories", 0);
  Walk walk = walk_saved_trees(roots, {threads, false}, [&] { progress.step(); });
  report.elsewhere.insert(report.elsewhere.end(), walk.elsewhere.begin(), walk.elsewhere.end());
  progress.begin("checking sets", walk.sets.size());
  std::vector<SetIdentity> identities(walk.sets.size());
  report.sets.resize(walk.sets.size());
  in_parallel(walk.sets.size(), threads, [&](size_t i) {
    report.sets[i] = check_one(walk.sets[i], options, terms, identities[i]);
    progress.step();
  });
  const auto same = find_same_identities(identities);
  for (size_t i = 0; i < same.size(); ++i)
    if (same[i]) report.sets[i].findings.push_back(*same[i]);
  return report;
}

int status_of(const CheckReport& report) {
  Severity severity = Severity::note;
  for (const CheckedSet& set : report.sets) severity = std::max(severity, worst(set.findings));
  for (const FoundElsewhere& place : report.elsewhere)
    severity = std::max(severity, place.finding.severity());
  return severity == Severity::error     ? kAuditTrouble
         : severity == Severity::warning ? kAuditNotable
                                         : kAuditFine;
}

std::string text_of(const CheckReport& report, const AuditOptions& options) {
  TextTable table({"STATE", "SET", "FILE", "FINDING"});
  const auto add = [&](const std::string& path, const Finding& finding) {
    if (finding.severity() == Severity::note && !options.verbose) return;
    table.add({std::string(name_of(finding.severity())), path, finding.file,
               fmt::format("{} ({})", finding.words, kind_of(finding.code).name)});
  };
  for (const CheckedSet& set : report.sets) {
    for (const Finding& finding : set.findings) add(set.path, finding);
    if (set.findings.empty() && options.verbose) table.add({"ok", set.path, "", ""});
  }
  for (const FoundElsewhere& place : report.elsewhere) add(place.path, place.finding);
  std::string text = table.empty() ? "" : table.text();
  if (!options.quiet) text += first_line(report);
  return text;
}

std::string json_of(const CheckReport& report) {
  using Json = nlohmann::ordered_json;
  const Counts counts = count(report);
  Json json = {{"tool", "check"},
               {"schema", kJsonSchema},
               {"status", status_of(report)},
               {"summary",
                {{"sets", report.sets.size()},
                 {"ok", counts.well},
                 {"warnings", counts.warnings},
                 {"errors", counts.errors}}}};
  Json sets = Json::array();
  for (const CheckedSet& set : report.sets) {
    Json entry = Json::object();
    put_path(entry, "path", set.path);
    const Severity severity = worst(set.findings);
    entry["state"] = severity == Severity::note ? "ok" : name_of(severity);
    if (set.origin) entry["machine"] = machine_json(*set.origin);
    if (set.key) entry["key"] = key_json(*set.key);
    entry["findings"] = findings_json(set.findings);
    sets.push_back(std::move(entry));
  }
  json["sets"] = std::move(sets);
  json["elsewhere"] = elsewhere_json(report.elsewhere);
  return cache::json_document(json);
}

}  // namespace vtpmfs::fs
