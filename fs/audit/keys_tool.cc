#include "fs/audit/keys_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "cache/saved/file_names.h"
#include "cache/saved/vi_json.h"
#include "fs/audit/audit_output.h"
#include "fs/audit/in_parallel.h"
#include "fs/audit/key_needs.h"
#include "fs/audit/shown_text.h"

namespace vtpmfs::fs {
namespace {

struct SetKeys {
  std::string path;
  std::optional<cache::SavedOrigin> origin;
  int64_t modified_ns = 0;  ///< the latest of its files
  KeyNeeds needs;
};

SetKeys keys_of(const FoundSet& found) {
  SetKeys keys;
  keys.path = found.full_path();
  const auto directory = found.open();
  if (!directory) {
    keys.needs.doubt = directory.error().words;
    return keys;
  }
  const SetFacts facts = read_set(*directory, found.names, {.device = false});
  if (facts.origin() != nullptr) keys.origin = *facts.origin();
  for (const auto& [name, file] : facts.files)
    keys.modified_ns = std::max(keys.modified_ns, file.modified_ns);
  keys.needs = keys_needed(facts);
  return keys;
}

bool is_asked(const AuditOptions& options) {
  return options.key || options.provider;
}

bool matches(const vsphere::CryptoKeyId& key, const AuditOptions& options) {
  return (!options.key || key.key_id == *options.key) &&
         (!options.provider || key.provider_id == options.provider);
}

/// It may be one of the asked provider's.
bool may_match(const vsphere::CryptoKeyId& key, const AuditOptions& options) {
  return options.provider && !key.provider_id && (!options.key || key.key_id == *options.key);
}

std::string machine_token(const SetKeys& set) {
  if (set.origin && set.origin->instance_uuid) return "uuid " + *set.origin->instance_uuid;
  return "path " + set.path;
}

void add(const SetKeys& set, const AuditOptions& options, KeysReport& report) {
  for (const vsphere::CryptoKeyId& key : set.needs.keys) {
    if (may_match(key, options))
      report.unknown.push_back({set.path,
                                {FindingCode::inconsistent, std::string(cache::kKeyIdFile),
                                 fmt::format("key {} names no provider", key.key_id)}});
    if (!matches(key, options)) continue;
    KeyUser& user = report.keys[key][machine_token(set)];
    user.paths.push_back(set.path);
    user.name = machine_name(set.origin ? &*set.origin : nullptr, set.path);
    user.origin = set.origin;
  }
  if (set.needs.doubt)
    report.unknown.push_back({set.path, {FindingCode::unreadable, "", *set.needs.doubt}});
}

/// By name, which people look for.
std::vector<const KeyUser*> by_name(const KeyUsers& users) {
  std::vector<const KeyUser*> sorted;
  for (const auto& [token, user] : users) sorted.push_back(&user);
  std::sort(sorted.begin(), sorted.end(), [](const KeyUser* a, const KeyUser* b) {
    return std::tie(a->name, a->paths) < std::tie(b->name, b->paths);
  });
  return sorted;
}

size_t machines_in(const KeysReport& report) {
  std::set<std::string> machines;
  for (const auto& [key, users] : report.keys)
    for (const auto& [token, user] : users) machines.insert(token);
  return machines.size();
}

std::string_view name_of(KeyAnswer answer) {
  switch (answer) {
    case KeyAnswer::needed:
      return "needed";
    case KeyAnswer::not_needed:
      return "not-needed";
    case KeyAnswer::unknown:
      return "unknown";
  }
  return "";
}

std::string answer_line(const KeysReport& report) {
  switch (answer_of(report)) {
    case KeyAnswer::needed:
      return fmt::format("needed by {} saved here: do not delete it\n",
                         counted(machines_in(report), "machine"));
    case KeyAnswer::not_needed:
      return fmt::format(
          "not needed by any of the {} here; backups elsewhere and machines in the vCenter may "
          "need "
          "it\n",
          counted(report.sets, "set"));
    case KeyAnswer::unknown:
      return "unknown: no set here is known to need it, but not all could be read: do not delete "
             "it\n";
  }
  return "";
}

}  // namespace

KeysReport collect_keys(const AuditOptions& options, ProgressBar& progress) {
  KeysReport report;
  std::vector<FoundElsewhere> elsewhere;
  const auto roots = open_roots(options.directories, elsewhere);
  const unsigned threads = threads_for(options.threads);
  progress.begin("looking for sets: directories", 0);
  const Walk walk = walk_saved_trees(roots, {threads, false}, [&] { progress.step(); });
  elsewhere.insert(elsewhere.end(), walk.elsewhere.begin(), walk.elsewhere.end());

  progress.begin("reading keys", walk.sets.size());
  std::vector<SetKeys> sets(walk.sets.size());
  in_parallel(walk.sets.size(), threads, [&](size_t i) {
    sets[i] = keys_of(walk.sets[i]);
    progress.step();
  });
  // Generations in the order in which they were saved.
  std::sort(sets.begin(), sets.end(), [](const SetKeys& a, const SetKeys& b) {
    return std::tie(a.modified_ns, a.path) < std::tie(b.modified_ns, b.path);
  });
  report.sets = sets.size();
  for (const SetKeys& set : sets) add(set, options, report);
  std::copy_if(
      elsewhere.begin(), elsewhere.end(), std::back_inserter(report.unknown),
      [](const FoundElsewhere& place) { return place.finding.severity() == Severity::error; });
  return report;
}

KeyAnswer answer_of(const KeysReport& report) {
  if (!report.keys.empty()) return KeyAnswer::needed;
  return report.unknown.empty() ? KeyAnswer::not_needed : KeyAnswer::unknown;
}

int status_of(const KeysReport& report, const AuditOptions& options) {
  if (!is_asked(options)) return report.unknown.empty() ? kAuditFine : kAuditTrouble;
  switch (answer_of(report)) {
    case KeyAnswer::needed:
      return kAuditNotable;
    case KeyAnswer::not_needed:
      return kAuditFine;
    case KeyAnswer::unknown:
      break;
  }
  return kAuditTrouble;
}

std::string text_of(const KeysReport& report, const AuditOptions& options) {
  TextTable table({"PROVIDER", "KEY", "MACHINE", "SETS", "LAST"});
  for (const auto& [key, users] : report.keys)
    for (const KeyUser* user : by_name(users))
      table.add({key.provider_id.value_or("?"), key.key_id, user->name,
                 std::to_string(user->paths.size()), user->paths.back()});
  TextTable unknown({"UNKNOWN", "REASON"});
  for (const FoundElsewhere& place : report.unknown) unknown.add({place.path, place.finding.words});
  std::string text = table.empty() ? "" : table.text();
  if (!unknown.empty()) text += unknown.text();
  if (options.quiet) return text;
  return text + (is_asked(options) ? answer_line(report)
                                   : fmt::format("{} of {}, {}\n", counted(report.sets, "set"),
                                                 counted(machines_in(report), "machine"),
                                                 counted(report.keys.size(), "key")));
}

std::string json_of(const KeysReport& report, const AuditOptions& options) {
  using Json = nlohmann::ordered_json;
  Json json = {{"tool", "keys"},
               {"schema", kJsonSchema},
               {"status", status_of(report, options)},
               {"summary",
                {{"sets", report.sets},
                 {"machines", machines_in(report)},
                 {"keys", report.keys.size()},
                 {"unknown", report.unknown.size()}}}};
  if (is_asked(options)) {
    Json asked = Json::object();
    cache::put(asked, "provider", options.provider);
    cache::put(asked, "key", options.key);
    json["asked"] = std::move(asked);
    json["answer"] = name_of(answer_of(report));
  }
  Json keys = Json::array();
  for (const auto& [key, users] : report.keys) {
    Json entry = key_json(key);
    Json machines = Json::array();
    for (const KeyUser* user : by_name(users)) {
      Json machine = user->origin ? machine_json(*user->origin) : Json::object();
      machine["name"] = user->name;
      Json paths = Json::array();
      for (const std::string& path : user->paths) {
        Json set = Json::object();
        put_path(set, "path", path);
        paths.push_back(std::move(set));
      }
      machine["sets"] = std::move(paths);
      machines.push_back(std::move(machine));
    }
    entry["machines"] = std::move(machines);
    keys.push_back(std::move(entry));
  }
  json["keys"] = std::move(keys);
  json["unknown"] = elsewhere_json(report.unknown);
  return cache::json_document(json);
}

}  // namespace vtpmfs::fs
