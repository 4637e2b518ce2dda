#include "fs/restore/status_text.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace vtpmfs::fs {

std::string state_name(RestoreStatus::State state) {
  switch (state) {
    case RestoreStatus::State::waiting:
      return "waiting";
    case RestoreStatus::State::checking:
      return "checking";
    case RestoreStatus::State::creating:
      return "creating";
    case RestoreStatus::State::uploading:
      return "uploading";
    case RestoreStatus::State::verifying:
      return "verifying";
    case RestoreStatus::State::finishing:
      return "finishing";
    case RestoreStatus::State::done:
      return "done";
    case RestoreStatus::State::checked:
      return "checked";
    case RestoreStatus::State::failed:
      return "failed";
    case RestoreStatus::State::left_behind:
      return "left-behind";
  }
  return "unknown";
}

RestoreStatus refused_status(const Refusal& refusal) {
  RestoreStatus status;
  status.state = RestoreStatus::State::failed;
  status.reason = refusal.error.words;
  status.what_to_do = refusal.what_to_do;
  status.error = refusal.error.code;
  return status;
}

nlohmann::ordered_json status_json_of(const RestoreStatus& status) {
  nlohmann::ordered_json out;
  out["state"] = state_name(status.state);
  out["step"] = status.step;
  out["percent"] = status.percent;
  if (!status.vm_name.empty()) out["vm"] = status.vm_name;
  if (!status.vm_path.empty()) out["path"] = status.vm_path;
  if (!status.vm_moref.empty()) out["moref"] = status.vm_moref;
  if (status.error) {
    const char* name = strerrorname_np(status.error->value());
    out["errno"] = name == nullptr ? std::to_string(status.error->value()) : std::string(name);
  }
  if (!status.reason.empty()) out["reason"] = status.reason;
  if (!status.what_to_do.empty()) out["what_to_do"] = status.what_to_do;
  if (!status.warnings.empty()) out["warnings"] = status.warnings;
  if (!status.started.empty()) out["started"] = status.started;
  if (!status.ended.empty()) out["ended"] = status.ended;
  return out;
}

std::string status_text(const RestoreStatus& status) {
  return status_json_of(status).dump(2, ' ', false,
                                     nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace vtpmfs::fs
