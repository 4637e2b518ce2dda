// GOVC_*: who can use govc can use vtpmfs, unchanged.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fs/options/options.h"

namespace vtpmfs::fs {

/// Reads a variable; empty optional where it is not set.
using Environment = std::function<std::optional<std::string>(const char*)>;
Environment process_environment();

/// Fills what the command line left open (host, port, user, TLS) from GOVC_URL, GOVC_USERNAME,
/// GOVC_INSECURE, GOVC_TLS_CA_CERTS and GOVC_TLS_KNOWN_HOSTS with govc's meaning. --ca-file and
/// --thumbprint override GOVC_INSECURE.
Status apply_govc_environment(const Environment& environment, Options& options);

/// The password of GOVC_PASSWORD (where its value is the path of a file, the file's content without
/// the blanks around it), else that of GOVC_URL: only for the server of that URL, and only for its
/// account or the one that GOVC_USERNAME puts in its place. Nothing where neither has one; EACCES
/// for a file that must not be read, EINVAL for an empty and EFBIG for a large one.
Result<std::optional<std::string>> govc_password(const Environment& environment,
                                                 const Options& options);

}  // namespace vtpmfs::fs
