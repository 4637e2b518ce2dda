#include "tests/simulator/https/tls_identity.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace vtpmfs::simulator {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

template <class T>
T* need(T* made, const char* what) {
  if (made == nullptr) throw std::runtime_error(std::string("OpenSSL: ") + what);
  return made;
}

void need(int ok, const char* what) {
  if (ok <= 0) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

void extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      need(X509V3_EXT_conf_nid(nullptr, &context, kind, value), "certificate extension");
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  need(added, "certificate extension");
}

/// A certificate for `key`, not yet signed.
Certificate certificate_for(EVP_PKEY* key, const char* name) {
  Certificate made(need(X509_new(), "certificate"), &X509_free);
  X509* certificate = made.get();
  need(X509_set_version(certificate, 2), "version");
  unsigned char serial[8];
  need(RAND_bytes(serial, sizeof serial), "random number");
  serial[0] &= 0x7f;
  BIGNUM* number = need(BN_bin2bn(serial, sizeof serial, nullptr), "serial");
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 10L * 365 * 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

std::string fingerprint(const X509* certificate, const EVP_MD* digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  need(X509_digest(certificate, digest, bytes, &size), "digest");
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i != 0) text += ':';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(need(BIO_new(BIO_s_mem()), "BIO"),
                                                         &BIO_free);
  need(PEM_write_bio_X509(memory.get(), certificate), "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<size_t>(size)};
}

SSL_CTX* new_context() {
  SSL_CTX* context = need(SSL_CTX_new(TLS_server_method()), "TLS context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
  return context;
}

}  // namespace

TlsIdentity::TlsIdentity() : context_(new_context(), &SSL_CTX_free) {
  const Key authority_key(need(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), "key"),
                          &EVP_PKEY_free);
  const Certificate authority = certificate_for(authority_key.get(), "vcenter-simulator CA");
  X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
  extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(authority.get(), authority.get(), NID_subject_key_identifier, "hash");
  need(X509_sign(authority.get(), authority_key.get(), EVP_sha256()), "signature");

  const Key key(need(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), "key"), &EVP_PKEY_free);
  const Certificate leaf = certificate_for(key.get(), "localhost");
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(authority.get()));
  extend(leaf.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(leaf.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  extend(leaf.get(), authority.get(), NID_authority_key_identifier, "keyid:always");
  extend(leaf.get(), authority.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  need(X509_sign(leaf.get(), authority_key.get(), EVP_sha256()), "signature");

  need(SSL_CTX_use_certificate(context_.get(), leaf.get()), "use certificate");
  need(SSL_CTX_use_PrivateKey(context_.get(), key.get()), "use key");
  authority_pem_ = pem_of(authority.get());
  take_fingerprints(leaf.get());
}

TlsIdentity::TlsIdentity(const std::string& certificate_file, const std::string& key_file)
    : context_(new_context(), &SSL_CTX_free) {
  need(SSL_CTX_use_certificate_chain_file(context_.get(), certificate_file.c_str()),
       "cannot read the certificate file");
  need(SSL_CTX_use_PrivateKey_file(context_.get(), key_file.c_str(), SSL_FILETYPE_PEM),
       "cannot read the key file");
  need(SSL_CTX_check_private_key(context_.get()), "certificate and key do not fit");
  X509* certificate = SSL_CTX_get0_certificate(context_.get());
  authority_pem_ = pem_of(certificate);
  take_fingerprints(certificate);
}

void TlsIdentity::take_fingerprints(const X509* certificate) {
  sha1_ = fingerprint(certificate, EVP_sha1());
  sha256_ = fingerprint(certificate, EVP_sha256());
}

}  // namespace vtpmfs::simulator
