#include "fs/audit/audit_output.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cache/saved/base64.h"
#include "cache/saved/plain_text.h"
#include "cache/saved/vi_json.h"
#include "fs/audit/shown_text.h"

namespace vtpmfs::fs {

using Json = nlohmann::ordered_json;

std::vector<TreeRoot> open_roots(const std::vector<std::string>& names,
                                 std::vector<FoundElsewhere>& elsewhere) {
  std::vector<TreeRoot> roots;
  for (const std::string& name : names) {
    auto directory = TreeDirectory::open(name);
    if (directory)
      roots.push_back({name, *std::move(directory)});
    else
      elsewhere.push_back({name, {FindingCode::unreadable, "", directory.error().words}});
  }
  return roots;
}

bool write_out(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

void complain_as(std::string_view tool, std::string_view words) {
  const std::string line = fmt::format("vtpmfs {}: {}\n", tool, shown(words));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string name_of(const vsphere::CryptoKeyId& key) {
  return key.provider_id.value_or("?") + '/' + key.key_id;
}

std::string machine_name(const cache::SavedOrigin* origin, const std::string& path) {
  if (origin != nullptr && origin->raw_name) return *origin->raw_name;
  const size_t end = path.find_last_not_of('/');
  const std::string trimmed = path.substr(0, end == std::string::npos ? 0 : end + 1);
  return trimmed.substr(trimmed.rfind('/') + 1);
}

void put_path(Json& json, const std::string& member, const std::string& path) {
  json[member] = path;  // written with U+FFFD for what is no UTF-8 (json_document)
  if (!cache::is_utf8(path)) json[member + "Base64"] = cache::base64_encode(path);
}

Json key_json(const vsphere::CryptoKeyId& key) {
  Json json = Json::object();
  cache::put(json, "provider", key.provider_id);
  json["key"] = key.key_id;
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) {
    Json entry = {{"severity", name_of(finding.severity())}, {"code", kind_of(finding.code).name}};
    if (!finding.file.empty()) entry["file"] = finding.file;
    entry["words"] = finding.words;
    json.push_back(std::move(entry));
  }
  return json;
}

Json elsewhere_json(const std::vector<FoundElsewhere>& elsewhere) {
  Json json = Json::array();
  for (const FoundElsewhere& place : elsewhere) {
    Json entry = Json::object();
    put_path(entry, "path", place.path);
    entry["findings"] = findings_json({place.finding});
    json.push_back(std::move(entry));
  }
  return json;
}

Json machine_json(const cache::SavedOrigin& origin) {
  Json json = Json::object();
  cache::put(json, "name", origin.raw_name);
  cache::put(json, "instanceUuid", origin.instance_uuid);
  cache::put(json, "inventoryPath", origin.inventory_path);
  cache::put(json, "vcenter", origin.vcenter_instance_uuid);
  return json;
}

}  // namespace vtpmfs::fs
