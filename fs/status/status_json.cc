#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "fs/restore/status_text.h"
#include "fs/status/mount_facts.h"

namespace vtpmfs::fs {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::system_clock;

std::string errno_text(Errno code) {
  const char* name = strerrorname_np(code.value());
  return name == nullptr ? std::to_string(code.value()) : std::string(name);
}

Json error_json(const Error& error) {
  Json out{{"errno", errno_text(error.code)}, {"reason", error.words}};
  if (!error.operation_id.empty()) out["operation_id"] = error.operation_id;
  return out;
}

double seconds_since(system_clock::time_point then, system_clock::time_point now) {
  return std::chrono::duration<double>(std::max(now - then, system_clock::duration(0))).count();
}

Json server_json(const MountFacts& facts) {
  const MountFacts::Server& server = facts.server;
  return {{"host", server.host},
          {"port", server.port},
          {"name", server.info.full_name},
          {"api_version", server.info.api_version},
          {"instance_uuid", server.info.instance_uuid},
          {"is_vcenter", server.info.is_vcenter},
          {"insecure", server.insecure}};
}

Json session_json(const MountFacts& facts) {
  const vsphere::SessionFacts& session = facts.session;
  Json out{{"user", facts.server.user}, {"logged_in", session.logged_in}};
  if (session.logins > 0) out["since"] = time_text(session.since);
  out["logins"] = session.logins;
  if (session.refused) out["refused"] = error_json(*session.refused);
  return out;
}

Json feed_json(const MountFacts& facts) {
  const cache::FeedStatus& feed = facts.feed;
  Json out{{"alive", feed.alive},
           {"last_answer",
            time_text(std::chrono::time_point_cast<system_clock::duration>(feed.last_answer))},
           {"age_seconds",
            seconds_since(std::chrono::time_point_cast<system_clock::duration>(feed.last_answer),
                          facts.now)},
           {"updates", feed.updates}};
  if (feed.last_error) out["error"] = error_json(*feed.last_error);
  if (feed.times_error) out["times_not_written"] = error_json(*feed.times_error);
  return out;
}

Json trouble_json(const MountFacts& facts) {
  Json out = Json::array();
  for (const VmTrouble& trouble : facts.incomplete) {
    Json entry{{"path", trouble.path}, {"moref", trouble.vm.value}};
    entry.update(error_json(trouble.why));
    out.push_back(std::move(entry));
  }
  return out;
}

Json vms_json(const MountFacts& facts) {
  Json unplaced = Json::array();
  for (const vsphere::MoRef& vm : facts.feed.unplaced) unplaced.push_back(vm.value);
  return {{"which", facts.vms_shown},
          {"in_inventory", facts.feed.vms},
          {"shown", facts.shown},
          {"with_vtpm", facts.with_vtpm},
          {"incomplete", facts.incomplete.size()},
          {"unread", facts.feed.unread},
          {"unplaced", std::move(unplaced)}};
}

Json staged_json(const MountFacts::Staged& staged) {
  Json out{{"directory", staged.directory}};
  out.update(status_json_of(staged.status));
  return out;
}

Json restores_json(const MountFacts::Restores& restores) {
  Json running = Json::array(), failed = Json::array(), ended = Json::array();
  for (const MountFacts::Staged& staged : restores.staged) {
    const bool good = staged.status.state == RestoreStatus::State::done ||
                      staged.status.state == RestoreStatus::State::checked;
    (staged.running ? running : good ? ended : failed).push_back(staged_json(staged));
  }
  Json waiting = Json::array();
  for (const MountFacts::Waiting& record : restores.waiting) {
    Json entry{{"vm", record.name}, {"path", record.path}, {"state", record.state}};
    if (!record.vm.empty()) entry["moref"] = record.vm;
    if (!record.reason.empty()) entry["reason"] = record.reason;
    waiting.push_back(std::move(entry));
  }
  Json out{{"running", std::move(running)},
           {"waiting", std::move(waiting)},
           {"failed", std::move(failed)},
           {"ended", std::move(ended)},
           {"since_mount", restores.by_end}};
  if (!restores.damaged.empty()) out["damaged_records"] = restores.damaged;
  if (restores.journal_error) out["journal_unreadable"] = error_json(*restores.journal_error);
  return out;
}

}  // namespace

std::string time_text(system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ",
                static_cast<int>(std::chrono::duration_cast<milliseconds>(time - whole).count()));
  return std::string(text) + fraction;
}

std::string status_json(const MountFacts& facts) {
  Json out;
  out["version"] = VTPMFS_VERSION;
  out["time"] = time_text(facts.now);
  out["mounted"] = time_text(facts.mounted);
  out["read_only"] = facts.read_only;
  out["server"] = server_json(facts);
  out["session"] = session_json(facts);
  out["feed"] = feed_json(facts);
  out["vms"] = vms_json(facts);
  out["incomplete"] = trouble_json(facts);
  out["crash_consistent"] = facts.crash_consistent;
  out["restores"] = restores_json(facts.restores);
  out["cache"] = {{"nvram_bytes", facts.cache_bytes}, {"nvram_limit", facts.cache_limit}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vtpmfs::fs
