#include "tests/simulator/control/core_verbs.h"

#include <nlohmann/json.hpp>

#include "tests/simulator/control/capture.h"
#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/fault_injector.h"
#include "tests/simulator/control/injection_json.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/control/verbs.h"
#include "tests/simulator/https/http_server.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operations.h"
#include "tests/simulator/task/task_engine.h"

namespace vtpmfs::simulator {
namespace {

using nlohmann::json;
using Answer = tl::expected<json, std::string>;
using std::chrono::milliseconds;

const json kDone = json::object();

/// Views and properties follow what their user may see.
void tell_rights_changed(Simulator& simulator, const Ref& at) {
  const auto lock = simulator.inventory().write();
  simulator.inventory().changed(at);
  simulator.inventory().moved();
}

Ref ref_from(const json& request) {
  return {request.at("type").get<std::string>(), request.at("id").get<std::string>()};
}

void add_counting(Simulator& simulator) {
  Verbs& verbs = simulator.verbs();
  verbs.add("counts", "requests by kind since the last reset-counts",
            [&](const json&) -> Answer { return json(simulator.counters().all()); });
  verbs.add("peaks", "requests by kind that were answered at the same time, at most",
            [&](const json&) -> Answer { return json(simulator.counters().peaks()); });
  verbs.add("file-counts", "requests by path, without SOAP",
            [&](const json&) -> Answer { return json(simulator.counters().files()); });
  verbs.add("property-counts", "RetrievePropertiesEx by the properties that each asked for",
            [&](const json&) -> Answer { return json(simulator.counters().properties()); });
  verbs.add("reset-counts", "", [&](const json&) -> Answer {
    simulator.counters().reset();
    return kDone;
  });
  verbs.add("connections", "open now, and accepted since the start", [&](const json&) -> Answer {
    return json{{"open", simulator.server().connections()},
                {"accepted", simulator.server().accepted()}};
  });
  verbs.add("close-idle", "cut connections that carry no request",
            [&](const json&) -> Answer { return json(simulator.server().close_idle()); });
  verbs.add("capture", "{directory}: keep all SOAP messages there; \"\" ends it",
            [&](const json& request) -> Answer {
              simulator.capture().set(request.at("directory").get<std::string>());
              return kDone;
            });
}

void add_trouble(Simulator& simulator) {
  Verbs& verbs = simulator.verbs();
  FaultInjector& injector = simulator.injector();
  verbs.add("latency", "{ms}: delay every request", [&](const json& request) -> Answer {
    injector.set_latency(milliseconds(request.at("ms").get<int>()));
    return kDone;
  });
  verbs.add("inject",
            "{kind, match, first, count, ...}: kinds fault status reset-before reset-after "
            "truncate stall silence hold delay; answers a number",
            [&](const json& request) -> Answer {
              auto injection = injection_from(request);
              if (!injection) return tl::unexpected(injection.error());
              return json(injector.add(std::move(*injection)));
            });
  verbs.add("release", "{number}: let held and stalled requests go",
            [&](const json& request) -> Answer {
              injector.release(request.at("number").get<int>());
              return kDone;
            });
  verbs.add("hits", "{number}: how many requests an injection has hit, how many it holds",
            [&](const json& request) -> Answer {
              const int number = request.at("number").get<int>();
              return json{{"hits", injector.hits(number)}, {"held", injector.held(number)}};
            });
  verbs.add("clear", "forget all injections", [&](const json&) -> Answer {
    injector.clear();
    return kDone;
  });
}

void add_sessions(Simulator& simulator) {
  Verbs& verbs = simulator.verbs();
  verbs.add("sessions", "how many are logged in",
            [&](const json&) -> Answer { return json(simulator.sessions().size()); });
  verbs.add("expire-sessions", "{user}: of one user or of all", [&](const json& request) -> Answer {
    return json(simulator.sessions().expire(request.value("user", std::string())));
  });
  verbs.add("session-limit", "{limit}", [&](const json& request) -> Answer {
    simulator.sessions().set_limit(request.at("limit").get<size_t>());
    return kDone;
  });
  verbs.add("session-idle", "{ms}: idle sessions expire after that",
            [&](const json& request) -> Answer {
              simulator.sessions().set_idle_time(milliseconds(request.at("ms").get<int>()));
              return kDone;
            });
  verbs.add("add-user", "{user, password}", [&](const json& request) -> Answer {
    simulator.permissions().add_user(request.at("user").get<std::string>(),
                                     request.at("password").get<std::string>());
    return kDone;
  });
  verbs.add("unlock-user", "{user}: after five wrong passwords",
            [&](const json& request) -> Answer {
              simulator.permissions().unlock(request.at("user").get<std::string>());
              return kDone;
            });
  verbs.add("add-role", "{role, privileges}: System.View and System.Read are not implied",
            [&](const json& request) -> Answer {
              Role role{request.at("role").get<std::string>(), {}, false, {}};
              for (const auto& privilege : request.at("privileges")) {
                role.privileges.insert(privilege.get<std::string>());
              }
              simulator.permissions().add_role(std::move(role));
              return kDone;
            });
  verbs.add("grant", "{user, role, type, id, propagate}: without type and id at the root",
            [&](const json& request) -> Answer {
              const Ref at =
                  request.contains("id") ? ref_from(request) : simulator.inventory().root();
              if (simulator.permissions().grant(request.at("user").get<std::string>(), at,
                                                request.at("role").get<std::string>(),
                                                request.value("propagate", true))) {
                tell_rights_changed(simulator, at);
                return kDone;
              }
              return tl::unexpected<std::string>("no such role");
            });
  verbs.add("revoke", "{user, type, id}: without type and id at the root",
            [&](const json& request) -> Answer {
              const Ref at =
                  request.contains("id") ? ref_from(request) : simulator.inventory().root();
              simulator.permissions().revoke(request.at("user").get<std::string>(), at);
              tell_rights_changed(simulator, at);
              return kDone;
            });
}

void add_settings(Simulator& simulator) {
  Verbs& verbs = simulator.verbs();
  verbs.add("task-delay", "{ms}: how long each task takes", [&](const json& request) -> Answer {
    simulator.tasks().set_delay(milliseconds(request.at("ms").get<int>()));
    return kDone;
  });
  verbs.add("task-lifetime", "{ms}: finished tasks vanish after that",
            [&](const json& request) -> Answer {
              simulator.tasks().set_lifetime(milliseconds(request.at("ms").get<int>()));
              return kDone;
            });
  verbs.add("switch", "{name, value}", [&](const json& request) -> Answer {
    const auto set = simulator.switches().set(request.at("name").get<std::string>(),
                                              request.at("value").get<std::string>());
    if (!set) return tl::unexpected(set.error());
    return kDone;
  });
  verbs.add(
      "switches", "all switches, their values and what they mean", [&](const json&) -> Answer {
        json all = json::object();
        for (const auto& [name, choice] : simulator.switches().all()) {
          all[name] = {{"now", choice.now}, {"values", choice.values}, {"meaning", choice.meaning}};
        }
        return all;
      });
  verbs.add("reset-switches", "", [&](const json&) -> Answer {
    simulator.switches().reset();
    return kDone;
  });
  verbs.add("disable-operation", "{name}: answers MethodNotFound from now on, as older servers",
            [&](const json& request) -> Answer {
              simulator.operations().disable(request.at("name").get<std::string>());
              return kDone;
            });
  verbs.add("enable-operations", "all of them again", [&](const json&) -> Answer {
    simulator.operations().enable_all();
    return kDone;
  });
}

}  // namespace

void add_core_verbs(Simulator& simulator) {
  add_counting(simulator);
  add_trouble(simulator);
  add_sessions(simulator);
  add_settings(simulator);
}

}  // namespace vtpmfs::simulator
