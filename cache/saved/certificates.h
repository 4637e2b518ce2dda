// Checks of the vTPM's endorsement key certificates and signing requests, as DER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/saved/sha256.h"

namespace vtpmfs::cache {

/// True where `der` is one whole X.509 certificate, nothing after it.
bool is_certificate(std::string_view der);

/// The end of a certificate's validity, in seconds since 1970 UTC; empty where `der` is none, or
/// its time cannot be read.
std::optional<int64_t> end_of_validity(std::string_view der);

/// True where `der` is one whole PKCS #10 certificate signing request, nothing after it.
bool is_signing_request(std::string_view der);

/// Which public key it is about: the SHA-256 of the key's bits, without the algorithm's identifier.
/// The TCG's profile lets an RSA endorsement key be called rsaEncryption or RSAES-OAEP, and a
/// certificate need not call it as the request did. Empty where `der` is no certificate.
std::optional<Sha256Hash> public_key_of_certificate(std::string_view der);
/// The same of a certificate signing request.
std::optional<Sha256Hash> public_key_of_request(std::string_view der);

}  // namespace vtpmfs::cache
