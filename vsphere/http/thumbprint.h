// Digests of certificates, as people and govc write them.
#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::vsphere::http {

enum class Digest { sha1, sha256 };

/// Upper-case hex pairs joined by ':'; empty where OpenSSL cannot.
std::string thumbprint_of(const X509& certificate, Digest digest);

/// What a person typed, in the form of thumbprint_of: colons and blanks are free, so is the case.
/// Nothing where it is no SHA-1 or SHA-256 digest.
std::optional<std::string> normal_thumbprint(std::string_view text);

/// True for the normal form of a SHA-256 digest.
bool is_sha256_thumbprint(std::string_view normal);

}  // namespace vtpmfs::vsphere::http
