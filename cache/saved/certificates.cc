#include "cache/saved/certificates.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <climits>
#include <ctime>
#include <memory>

namespace vtpmfs::cache {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ, X509_REQ_free>>;

/// Parses with one of OpenSSL's d2i functions; null where `der` is not one whole T. OpenSSL's error
/// queue is this thread's and shared with TLS, so what a bad file leaves there is taken away again.
template <class Owner, class T>
Owner parse(T* (*read)(T**, const unsigned char**, long), std::string_view der) {
  if (der.empty() || der.size() > static_cast<size_t>(INT_MAX)) return nullptr;
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  ERR_set_mark();
  Owner parsed(read(nullptr, &at, static_cast<long>(der.size())));
  ERR_pop_to_mark();
  if (at != begin + der.size()) return nullptr;
  return parsed;
}

PublicKeyHash hash_of_bits(const unsigned char* bits, int length) {
  return sha256({reinterpret_cast<const char*>(bits), static_cast<size_t>(length)});
}

}  // namespace

std::optional<CertificateFacts> read_certificate(std::string_view der) {
  const auto certificate = parse<Certificate>(d2i_X509, der);
  if (!certificate) return std::nullopt;
  const ASN1_BIT_STRING* bits = X509_get0_pubkey_bitstr(certificate.get());
  CertificateFacts facts;
  facts.public_key = hash_of_bits(ASN1_STRING_get0_data(bits), ASN1_STRING_length(bits));
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) == 1)
    facts.end_of_validity = timegm(&time);
  return facts;
}

std::optional<PublicKeyHash> read_signing_request(std::string_view der) {
  const auto request = parse<Request>(d2i_X509_REQ, der);
  const unsigned char* bits = nullptr;
  int length = 0;
  if (!request || X509_PUBKEY_get0_param(nullptr, &bits, &length, nullptr,
                                         X509_REQ_get_X509_PUBKEY(request.get())) != 1)
    return std::nullopt;
  return hash_of_bits(bits, length);
}

std::optional<int64_t> end_of_validity(std::string_view der) {
  const auto facts = read_certificate(der);
  return facts ? facts->end_of_validity : std::nullopt;
}

}  // namespace vtpmfs::cache
