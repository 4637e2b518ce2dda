// In which tool's JSON keyId or vtpm.json was written.
#pragma once

#include <string_view>

namespace vtpmfs::cache {

enum class Dialect {
  vi_json,    ///< VMware's own, tagged with _typeName: what vtpmfs writes
  govc,       ///< the same without tags
  pyvmomi,    ///< tagged with _vimtype
  powercli,   ///< members in PascalCase
  plain_text  ///< no JSON object: keyId as `provider/key`
};

/// Which dialect a file that parse_key_id() or parse_vtpm() takes is in.
Dialect dialect_of(std::string_view text);

/// As a person would call it: "VI JSON", "govc's JSON", ...
std::string_view name_of(Dialect dialect);

}  // namespace vtpmfs::cache
