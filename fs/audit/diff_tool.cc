#include "fs/audit/diff_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cache/saved/file_names.h"
#include "cache/saved/vi_json.h"
#include "fs/audit/audit_output.h"
#include "fs/audit/in_parallel.h"
#include "fs/audit/set_facts.h"
#include "fs/audit/set_head.h"
#include "fs/audit/shown_text.h"

namespace vtpmfs::fs {
namespace {

using State = ComparedSet::State;

/// One side: the sets found and their heads, place by place.
struct Side {
  std::vector<TreeRoot> roots;
  std::vector<FoundSet> sets;
  std::vector<SetHead> heads;
};

Side read_side(const std::string& directory, const AuditOptions& options, ProgressBar& progress,
               std::vector<FoundElsewhere>& elsewhere) {
  Side side;
  side.roots = open_roots({directory}, elsewhere);
  const unsigned threads = threads_for(options.threads);
  progress.begin("looking for sets: directories", 0);
  Walk walk = walk_saved_trees(side.roots, {threads, true}, [&] { progress.step(); });
  std::copy_if(
      walk.elsewhere.begin(), walk.elsewhere.end(), std::back_inserter(elsewhere),
      [](const FoundElsewhere& place) { return place.finding.severity() == Severity::error; });
  side.sets = std::move(walk.sets);
  side.heads.resize(side.sets.size());
  progress.begin("reading SHA256SUMS", side.sets.size());
  in_parallel(side.sets.size(), threads, [&](size_t i) {
    side.heads[i] = read_head(side.sets[i], options.nvram_max);
    progress.step();
  });
  return side;
}

std::vector<SetMark> marks_of(const Side& side) {
  std::vector<SetMark> marks;
  for (const SetHead& head : side.heads) marks.push_back(head.mark);
  return marks;
}

void have_trouble(ComparedSet& set, std::string words) {
  set.state = State::trouble;
  set.trouble = std::move(words);
}

/// A file whose hashes differ.
void compare_file(const std::string& name, const TreeDirectory& saved, const TreeDirectory& mounted,
                  ComparedSet& set) {
  if (name == cache::kNvramFile) {
    set.changes.push_back({name, "state", "written by the guest or its firmware"});
    return;
  }
  const uint64_t most = max_bytes_of(name, 0);
  const FileContent before = saved.read(name, most, true);
  const FileContent after = mounted.read(name, most, true);
  for (const FileContent* file : {&before, &after})
    if (file->state != FileContent::State::whole)
      return have_trouble(set,
                          fmt::format("{}{}: {}", file == &before ? "" : "in the mount: ", name,
                                      file->trouble.empty() ? "could not be read" : file->trouble));
  const auto changes = changes_between(name, before.bytes, after.bytes);
  set.changes.insert(set.changes.end(), changes.begin(), changes.end());
}

void compare_files(const FoundSet& saved, const FoundSet& mounted, const SetHead& before,
                   const SetHead& after, ComparedSet& set) {
  const auto saved_directory = saved.open();
  const auto mount_directory = mounted.open();
  if (!saved_directory) return have_trouble(set, saved_directory.error().words);
  if (!mount_directory) return have_trouble(set, "in the mount: " + mount_directory.error().words);
  set.state = State::changed;
  cache::Sha256Sums all = before.sums;
  all.insert(after.sums.begin(), after.sums.end());
  for (const auto& [name, hash] : all) {
    const auto old_hash = before.sums.find(name);
    const auto new_hash = after.sums.find(name);
    if (new_hash == after.sums.end())
      set.changes.push_back({name, "", "gone: the machine has none now"});
    else if (old_hash == before.sums.end())
      set.changes.push_back({name, "", "new: the machine had none"});
    else if (old_hash->second != new_hash->second)
      compare_file(name, *saved_directory, *mount_directory, set);
  }
}

ComparedSet compare(const SetPairs::Pair& pair, const Side& saved, const Side& mounted) {
  const SetHead& before = saved.heads[pair.saved];
  const SetHead& after = mounted.heads[pair.mounted];
  ComparedSet set;
  set.saved_path = before.path;
  set.mount_path = after.path;
  set.origin = after.origin ? after.origin : before.origin;
  if (before.trouble)
    have_trouble(set, *before.trouble);
  else if (after.trouble)
    have_trouble(set, "in the mount: " + *after.trouble);
  else if (before.sums != after.sums)
    compare_files(saved.sets[pair.saved], mounted.sets[pair.mounted], before, after, set);
  return set;
}

std::string_view name_of(State state) {
  switch (state) {
    case State::same:
      return "same";
    case State::changed:
      return "changed";
    case State::added:
      return "new";
    case State::gone:
      return "gone";
    case State::trouble:
      return "trouble";
  }
  return "";
}

size_t count(const DiffReport& report, State state) {
  return static_cast<size_t>(
      std::count_if(report.sets.begin(), report.sets.end(),
                    [&](const ComparedSet& set) { return set.state == state; }));
}

constexpr std::array kStates{State::same, State::changed, State::added, State::gone,
                             State::trouble};

std::string summary(const DiffReport& report) {
  std::string line;
  for (const State state : kStates)
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count(report, state), name_of(state));
  if (report.older > 0) line += fmt::format("; {} passed over", counted(report.older, "older set"));
  return line + '\n';
}

}  // namespace

DiffReport compare_trees(const AuditOptions& options, ProgressBar& progress) {
  DiffReport report;
  const Side saved = read_side(options.directories[0], options, progress, report.elsewhere);
  const Side mounted = read_side(options.directories[1], options, progress, report.elsewhere);
  const SetPairs pairs = pair_sets(marks_of(saved), marks_of(mounted));
  report.older = pairs.older;
  report.sets.resize(pairs.pairs.size());
  progress.begin("comparing sets", pairs.pairs.size());
  in_parallel(pairs.pairs.size(), threads_for(options.threads), [&](size_t i) {
    report.sets[i] = compare(pairs.pairs[i], saved, mounted);
    progress.step();
  });
  for (const size_t i : pairs.added) {
    ComparedSet& set = report.sets.emplace_back();
    set.state = State::added;
    set.mount_path = mounted.heads[i].path;
    set.origin = mounted.heads[i].origin;
  }
  std::sort(report.sets.begin(), report.sets.end(),
            [](const ComparedSet& a, const ComparedSet& b) { return a.mount_path < b.mount_path; });
  for (const size_t i : pairs.gone) {
    ComparedSet& set = report.sets.emplace_back();
    set.state = State::gone;
    set.saved_path = saved.heads[i].path;
    set.origin = saved.heads[i].origin;
  }
  return report;
}

int status_of(const DiffReport& report) {
  if (!report.elsewhere.empty() || count(report, State::trouble) > 0) return kAuditTrouble;
  return count(report, State::same) == report.sets.size() ? kAuditFine : kAuditNotable;
}

std::string text_of(const DiffReport& report, const AuditOptions& options) {
  TextTable table({"STATE", "SET", "FILE", "PROPERTY", "CHANGE"});
  for (const ComparedSet& set : report.sets) {
    const std::string state(name_of(set.state));
    const std::string& path = set.saved_path ? *set.saved_path : *set.mount_path;
    for (const Change& change : set.changes)
      table.add({state, path, change.file, change.property, change.words});
    if (set.state == State::trouble) table.add({state, path, "", "", set.trouble});
    if (set.state == State::added) table.add({state, path, "", "", "not saved"});
    if (set.state == State::gone) table.add({state, path, "", "", "not in the mount"});
    if (set.state == State::same && options.verbose) table.add({state, path, "", "", ""});
  }
  for (const FoundElsewhere& place : report.elsewhere)
    table.add({"trouble", place.path, "", "", place.finding.words});
  std::string text = table.empty() ? "" : table.text();
  if (!options.quiet) text += summary(report);
  return text;
}

std::string json_of(const DiffReport& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"tool", "diff"}, {"schema", kJsonSchema}, {"status", status_of(report)}};
  Json counts = Json::object();
  for (const State state : kStates) counts[std::string(name_of(state))] = count(report, state);
  counts["older"] = report.older;
  json["summary"] = std::move(counts);
  Json sets = Json::array();
  for (const ComparedSet& set : report.sets) {
    Json entry = {{"state", name_of(set.state)}};
    if (set.saved_path) put_path(entry, "saved", *set.saved_path);
    if (set.mount_path) put_path(entry, "mount", *set.mount_path);
    if (set.origin) entry["machine"] = machine_json(*set.origin);
    if (set.state == State::trouble) entry["trouble"] = set.trouble;
    Json changes = Json::array();
    for (const Change& change : set.changes) {
      Json item = {{"file", change.file}};
      if (!change.property.empty()) item["property"] = change.property;
      item["words"] = change.words;
      changes.push_back(std::move(item));
    }
    entry["changes"] = std::move(changes);
    sets.push_back(std::move(entry));
  }
  json["sets"] = std::move(sets);
  json["elsewhere"] = elsewhere_json(report.elsewhere);
  return cache::json_document(json);
}

}  // namespace vtpmfs::fs
