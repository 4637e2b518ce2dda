// Real certificates and signing requests for the tests, made by OpenSSL once a process.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "cache/saved/base64.h"

namespace vtpmfs::cache::made {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// The endorsement key of vTPM number `tpm`.
inline EVP_PKEY* key(int tpm = 0) {
  static std::map<int, std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>> made;
  auto& key = made[tpm];
  if (!key) key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) std::abort();
  return key.get();
}

template <class T>
std::string der_of(const T* object, int (*write)(const T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  const int size = write(object, &bytes);
  if (size <= 0) std::abort();
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

inline void set_name(X509_NAME* name) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("vTPM of the tests"), -1, -1,
                             0);
}

/// DER of a self-signed certificate of this vTPM, valid for so many seconds from now.
inline std::string make_certificate(long serial, int tpm = 0, long seconds = 3600) {
  const std::unique_ptr<X509, Freed<X509_free>> made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds);
  set_name(X509_get_subject_name(made.get()));
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_set_pubkey(made.get(), key(tpm));
  if (X509_sign(made.get(), key(tpm), EVP_sha256()) == 0) std::abort();
  return der_of<X509>(made.get(), i2d_X509);
}

inline std::string make_signing_request(int tpm = 0) {
  const std::unique_ptr<X509_REQ, Freed<X509_REQ_free>> made(X509_REQ_new());
  X509_REQ_set_version(made.get(), 0);
  set_name(X509_REQ_get_subject_name(made.get()));
  X509_REQ_set_pubkey(made.get(), key(tpm));
  if (X509_REQ_sign(made.get(), key(tpm), EVP_sha256()) == 0) std::abort();
  return der_of<X509_REQ>(made.get(), i2d_X509_REQ);
}

/// DER of a self-signed certificate; the same for the same serial number.
inline const std::string& certificate(long serial) {
  static std::map<long, std::string> made;
  std::string& der = made[serial];
  if (der.empty()) der = make_certificate(serial);
  return der;
}

/// DER of a certificate signing request, always the same.
inline const std::string& signing_request() {
  static const std::string made = make_signing_request();
  return made;
}

}  // namespace vtpmfs::cache::made
