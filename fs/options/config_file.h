// The configuration file, vtpmfs.conf(5): the option table's long names in TOML, for all vCenters
// or in a table for one.
#pragma once

#include <optional>
#include <string>

#include "fs/options/govc_environment.h"
#include "fs/options/options.h"

namespace vtpmfs::fs {

/// Where the file is looked for when --config names none: $VTPMFS_CONFIG (empty: nowhere), else
/// /etc/vtpmfs.conf for root, $XDG_CONFIG_HOME/vtpmfs.conf or ~/.config/vtpmfs.conf for others.
std::optional<std::string> default_config_file(const Environment& environment, bool is_root);

/// Applies what the file says of all vCenters and of options.host, but for the names that are in
/// options.settings already; a table of this host comes before what stands above all tables.
/// `server` and `mount-point` count where none is known yet. A file that is absent is no error
/// where `may_be_absent`. EACCES: others could have written it. EINVAL, with file and setting: a
/// name that nobody knows, a value that its option refuses, quotes that are not closed, a password.
Status apply_config_file(const std::string& path, bool may_be_absent, Options& options);

/// The settings as such a file, each with where it comes from; `password` says where that is found
/// and is never the password.
std::string render_config(const Options& options, const std::string& password);

}  // namespace vtpmfs::fs
