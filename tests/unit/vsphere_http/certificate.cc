#include "tests/unit/vsphere_http/certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <random>
#include <stdexcept>

#include "vsphere/http/thumbprint.h"

namespace vtpmfs::vsphere::http {
namespace {

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificate::Certificate(const CertificateWish& wish, const Certificate* authority)
    : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), certificate_(X509_new()) {
  X509* made = certificate_.get();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), std::random_device{}());
  constexpr long kDay = 24L * 3600;
  X509_gmtime_adj(X509_getm_notBefore(made), wish.days_from * kDay);
  X509_gmtime_adj(X509_getm_notAfter(made), wish.days_until * kDay);
  X509_set_pubkey(made, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509* issuer = authority != nullptr ? authority->x509() : made;
  X509_set_issuer_name(made, X509_get_subject_name(issuer));
  add_extension(made, issuer, NID_basic_constraints,
                wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(made, issuer, NID_subject_key_identifier, "hash");
  if (!wish.alternative.empty()) {
    add_extension(made, issuer, NID_subject_alt_name, wish.alternative);
  }
  EVP_PKEY* signer = authority != nullptr ? authority->key() : key_.get();
  if (X509_sign(made, signer, EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
}

std::string Certificate::pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

std::string Certificate::sha256() const {
  return thumbprint_of(*certificate_, Digest::sha256);
}

std::string Certificate::sha1() const {
  return thumbprint_of(*certificate_, Digest::sha1);
}

}  // namespace vtpmfs::vsphere::http
