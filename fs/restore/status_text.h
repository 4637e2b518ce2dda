// restore.status as text: JSON, one field a line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fs/restore/commit_rule.h"
#include "fs/restore/restorer.h"

namespace vtpmfs::fs {

/// The name of a state as restore.status writes it: waiting, checking, ..., left-behind.
std::string state_name(RestoreStatus::State state);
/// Of a set that is refused before anything was made of it.
RestoreStatus refused_status(const Refusal& refusal);
/// The fields of restore.status.
nlohmann::ordered_json status_json_of(const RestoreStatus& status);
/// Deterministic; ends with a newline; invalid UTF-8 of a server is replaced.
std::string status_text(const RestoreStatus& status);

}  // namespace vtpmfs::fs
