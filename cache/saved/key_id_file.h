// The file keyId: which key opens the machine.
#pragma once

#include <string>
#include <string_view>

#include "vsphere/crypto_key.h"
#include "vsphere/error.h"

namespace vtpmfs::cache {

/// One line of VI JSON and a newline:
/// {"_typeName":"CryptoKeyId","keyId":"…","providerId":{"_typeName":"KeyProviderId","id":"…"}}
std::string render_key_id(const vsphere::CryptoKeyId& key);

/// Reads VI JSON, govc's JSON (no type tags), pyVmomi's (_vimtype, nulls), PowerCLI's (PascalCase)
/// and the text `provider/key`. The text is split at its FIRST slash: the ids of native providers
/// are base64 and hold slashes, names of providers hardly ever do (one that does can be written as
/// JSON). A missing provider is no error here. EINVAL for anything else, EFBIG for a huge file.
Result<vsphere::CryptoKeyId> parse_key_id(std::string_view text);

}  // namespace vtpmfs::cache
