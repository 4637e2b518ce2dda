// Certificates made while a test runs.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace vtpmfs::vsphere::http {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// What a certificate shall say.
struct CertificateWish {
  std::string name = "localhost";                          ///< common name
  std::string alternative = "IP:127.0.0.1,DNS:localhost";  ///< subjectAltName; empty: none
  bool authority = false;
  int days_from = -1;
  int days_until = 30;
};

/// A P-256 key and its certificate, signed by itself or by an authority.
class Certificate {
 public:
  explicit Certificate(const CertificateWish& wish, const Certificate* authority = nullptr);

  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  [[nodiscard]] X509* x509() const { return certificate_.get(); }
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string sha256() const;
  [[nodiscard]] std::string sha1() const;

 private:
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

}  // namespace vtpmfs::vsphere::http
