#include "cache/saved/certificates.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <climits>
#include <ctime>
#include <memory>

namespace vtpmfs::cache {
namespace {

/// Parses with one of OpenSSL's d2i functions. Its error queue is this thread's and shared with
/// TLS, so what a bad file leaves there is taken away again.
template <class T, void (*Free)(T*), T* (*Parse)(T**, const unsigned char**, long)>
bool is_whole(std::string_view der) {
  if (der.empty() || der.size() > static_cast<size_t>(INT_MAX)) return false;
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  ERR_set_mark();
  const std::unique_ptr<T, decltype(Free)> parsed(
      Parse(nullptr, &at, static_cast<long>(der.size())), Free);
  ERR_pop_to_mark();
  return parsed != nullptr && at == begin + der.size();
}

}  // namespace

bool is_certificate(std::string_view der) {
  return is_whole<X509, X509_free, d2i_X509>(der);
}

std::optional<int64_t> end_of_validity(std::string_view der) {
  if (!is_certificate(der)) return std::nullopt;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509, decltype(&X509_free)> parsed(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  std::tm time{};
  if (!parsed || ASN1_TIME_to_tm(X509_get0_notAfter(parsed.get()), &time) != 1) return std::nullopt;
  return timegm(&time);
}

bool is_signing_request(std::string_view der) {
  return is_whole<X509_REQ, X509_REQ_free, d2i_X509_REQ>(der);
}

}  // namespace vtpmfs::cache
