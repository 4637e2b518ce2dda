// The vTPM's endorsement key certificates and signing requests, as DER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/saved/sha256.h"

namespace vtpmfs::cache {

/// Which public key a certificate or request is about: the SHA-256 of the key's bits, without the
/// algorithm's identifier. The TCG's profile lets an RSA endorsement key be called rsaEncryption or
/// RSAES-OAEP, and a certificate need not call it as the request did.
using PublicKeyHash = Sha256Hash;

struct CertificateFacts {
  PublicKeyHash public_key;
  /// In seconds since 1970 UTC; empty where its time cannot be read.
  std::optional<int64_t> end_of_validity;
};

/// Empty where `der` is not one whole X.509 certificate with nothing after it. Most of what this
/// costs (a tenth of a millisecond) is OpenSSL's reading of the public key: once is enough.
std::optional<CertificateFacts> read_certificate(std::string_view der);

/// The same for a PKCS #10 certificate signing request, which has only a key.
std::optional<PublicKeyHash> read_signing_request(std::string_view der);

/// The end of a certificate's validity; empty where `der` is none, or its time cannot be read.
std::optional<int64_t> end_of_validity(std::string_view der);

}  // namespace vtpmfs::cache
