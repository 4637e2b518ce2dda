#include "cache/saved/dialect.h"

#include <nlohmann/json.hpp>

#include "cache/saved/file_names.h"
#include "cache/saved/plain_text.h"
#include "cache/saved/vi_json.h"

namespace vtpmfs::cache {

Dialect dialect_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  const auto json = parse_json("", trimmed(text), kVtpmMaxBytes);
  if (!json || !json->is_object()) return Dialect::plain_text;
  bool tagged = false;
  for (const auto& [name, value] : json->items()) {
    if (name == "_vimtype") return Dialect::pyvmomi;
    if (name == "_typeName") tagged = true;
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') return Dialect::powercli;
  }
  return tagged ? Dialect::vi_json : Dialect::govc;
}

std::string_view name_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::vi_json:
      return "VI JSON";
    case Dialect::govc:
      return "govc's JSON";
    case Dialect::pyvmomi:
      return "pyVmomi's JSON";
    case Dialect::powercli:
      return "PowerCLI's JSON";
    case Dialect::plain_text:
      return "plain text";
  }
  return "";
}

}  // namespace vtpmfs::cache
