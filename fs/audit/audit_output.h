// What the three tools share: opening what the user named, and writing the answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cache/saved/saved_origin.h"
#include "fs/audit/saved_walk.h"
#include "vsphere/crypto_key.h"

namespace vtpmfs::fs {

/// The directories that could be opened; the others become findings.
std::vector<TreeRoot> open_roots(const std::vector<std::string>& names,
                                 std::vector<FoundElsewhere>& elsewhere);

/// Writes all of it; false where standard output did not take it.
bool write_out(std::string_view text);
/// `vtpmfs check: words` on standard error, shown().
void complain_as(std::string_view tool, std::string_view words);

/// A count with its noun: "1 set", "2 sets".
std::string counted(size_t count, std::string_view noun);

/// "KMS/1234"; "?/1234" where the provider is unknown.
std::string name_of(const vsphere::CryptoKeyId& key);

/// The machine's name for a person: as config.json has it, else the directory's.
std::string machine_name(const cache::SavedOrigin* origin, const std::string& path);

/// Puts a path in as `member`; one that is no UTF-8 with U+FFFD in it, and beside it
/// `<member>Base64` with its bytes.
void put_path(nlohmann::ordered_json& json, const std::string& member, const std::string& path);
nlohmann::ordered_json key_json(const vsphere::CryptoKeyId& key);
nlohmann::ordered_json findings_json(const std::vector<Finding>& findings);
nlohmann::ordered_json elsewhere_json(const std::vector<FoundElsewhere>& elsewhere);
/// name, instanceUuid, inventoryPath, vcenter: what is known of them.
nlohmann::ordered_json machine_json(const cache::SavedOrigin& origin);

/// The version of the JSON documents' form, in their member `schema`. Members may be added without
/// a new one.
inline constexpr int kJsonSchema = 1;

}  // namespace vtpmfs::fs
