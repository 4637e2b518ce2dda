// Checks of the vTPM's endorsement key certificates and signing requests, as DER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vtpmfs::cache {

/// True where `der` is one whole X.509 certificate, nothing after it.
bool is_certificate(std::string_view der);

/// The end of a certificate's validity, in seconds since 1970 UTC; empty where `der` is none, or
/// its time cannot be read.
std::optional<int64_t> end_of_validity(std::string_view der);

/// True where `der` is one whole PKCS #10 certificate signing request, nothing after it.
bool is_signing_request(std::string_view der);

}  // namespace vtpmfs::cache
