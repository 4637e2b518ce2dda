// The contents that the model's files have, by name: `nvram.good`, `SHA256SUMS.lean`.
#pragma once

#include <cerrno>
#include <set>
#include <string>
#include <vector>

namespace vtpmfs::fs::restore_model {

/// The bytes. Of the six files: good, other (as long, another hash), half, empty; config.json also
/// none (it says that there was no nvram) and half of it (no JSON), nvram also big (over
/// --nvram-max). Of SHA256SUMS: full (the six), lean (without config.json), poor (without nvram),
/// bare (config.json.none and no nvram), big (nvram.big), cut (ends within a line), garbage, empty.
/// `note`: of no importance.
std::string content(const std::string& name);

/// All words before the dot.
const std::vector<std::string>& roles();

/// Whether a file of this name takes part in a set.
bool takes_part(const std::string& name);

inline const std::string kStatus = "restore.status";
/// What comes of using it: it is there while its directory is a set, and takes what it is given.
inline const std::set<int> kForgotten{0, ENOENT};

constexpr unsigned long kNvramMax = 1000;

}  // namespace vtpmfs::fs::restore_model
