// Injections as the control port spells them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <tl/expected.hpp>

#include "tests/simulator/control/fault_injector.h"

namespace vtpmfs::simulator {

/// {"kind": "fault", "match": "CreateVM_Task", "first": 1, "count": 1, "fault": {"type":
/// "NoPermission", "text": "...", "fields": {"privilegeId": "..."}, "key": "msg.x"}}, or with
/// "status" and "body", or with "ms" for a delay.
[[nodiscard]] tl::expected<Injection, std::string> injection_from(const nlohmann::json& request);

}  // namespace vtpmfs::simulator
