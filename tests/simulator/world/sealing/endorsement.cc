#include "tests/simulator/world/sealing/endorsement.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Request = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;
using Extension = std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)>;

void require(bool done) {
  if (!done) throw std::runtime_error("making an endorsement certificate failed");
}

std::string take(unsigned char* der, int size) {
  require(size > 0);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

/// A DER element: tag, length, content.
std::string element(unsigned char tag, std::string_view content) {
  std::string der(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    der += static_cast<char>(content.size());
  } else if (content.size() < 0x100) {
    der += "\x81";
    der += static_cast<char>(content.size());
  } else {
    der += "\x82";
    der += static_cast<char>(content.size() >> 8);
    der += static_cast<char>(content.size() & 0xff);
  }
  return der += content;
}

/// SEQUENCE { to be signed, algorithm, BIT STRING signature }: certificates and requests alike.
std::string signed_by(const SigningKey& key, const std::string& to_be_signed) {
  std::string bits(1, '\0');
  bits += key.sign(to_be_signed);
  return element(0x30, to_be_signed + std::string(key.algorithm()) + element(0x03, bits));
}

void add_entry(X509_NAME* name, const char* field, const char* value) {
  require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(value), -1, -1,
                                     0) == 1);
}

void add_extension(X509* certificate, int nid, const char* value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value),
                            &X509_EXTENSION_free);
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

constexpr std::size_t serial_size = 9;
constexpr std::size_t point_size = 65;
constexpr std::string_view blank_serial = "SERIAL000";
static_assert(blank_serial.size() == serial_size);

/// The uncompressed point at the end of an EC SubjectPublicKeyInfo.
std::string point_of(const SigningKey& key) {
  const std::string info = key.public_key();
  return info.substr(info.size() - point_size);
}

EndorsementForm certificate_form(const SigningKey& key, const char* usage,
                                 const SigningKey& authority, bool is_ec) {
  const Certificate certificate(X509_new(), &X509_free);
  require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
          ASN1_STRING_set(X509_get_serialNumber(certificate.get()), blank_serial.data(),
                          serial_size) == 1);
  X509_NAME* issuer = X509_get_issuer_name(certificate.get());
  add_entry(issuer, "DC", "local");
  add_entry(issuer, "DC", "vsphere");
  add_entry(issuer, "O", "VMware");
  add_entry(issuer, "CN", "Simulated VMCA");
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  add_entry(subject, "O", "VMware, Inc.");
  add_entry(subject, "CN", "Virtual TPM");
  require(
      ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), "20240101000000Z") == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), "20540101000000Z") == 1 &&
      X509_set_pubkey(certificate.get(), key.get()) == 1);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), NID_key_usage, usage);
  add_extension(certificate.get(), NID_ext_key_usage, "2.23.133.8.1");  // tcg-kp-EKCertificate
  // The library's own signature puts the algorithm where it belongs; ours, which is the same on
  // every run, will stand in its place.
  require(X509_sign(certificate.get(), authority.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_tbs(certificate.get(), &der);
  EndorsementForm form{take(der, size), 0, 0};
  form.serial_at = form.text.find(blank_serial);
  if (is_ec) form.point_at = form.text.find(point_of(key));
  require(form.serial_at != std::string::npos && form.point_at != std::string::npos);
  return form;
}

EndorsementForm request_form(const SigningKey& key, bool is_ec) {
  const Request request(X509_REQ_new(), &X509_REQ_free);
  require(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  add_entry(subject, "O", "VMware, Inc.");
  add_entry(subject, "CN", "Virtual TPM");
  require(X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
          X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_REQ_tbs(request.get(), &der);
  EndorsementForm form{take(der, size), 0, 0};
  if (is_ec) form.point_at = form.text.find(point_of(key));
  require(form.point_at != std::string::npos);
  return form;
}

/// The form filled in and signed.
std::string issue(const EndorsementForm& form, const std::string& serial, const std::string& point,
                  const SigningKey& signer) {
  std::string text = form.text;
  if (form.serial_at != 0) text.replace(form.serial_at, serial_size, serial);
  if (form.point_at != 0) text.replace(form.point_at, point_size, point);
  return signed_by(signer, text);
}

std::string serial_of(const std::string& identity, const char* kind) {
  std::string serial = derive_bytes(identity, std::string("serial-") + kind, serial_size);
  serial[0] = static_cast<char>((serial[0] & 0x7f) | 0x40);  // positive, and always nine bytes
  return serial;
}

Certificate read_certificate(std::string_view bytes) {
  const auto* start = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = start;
  Certificate certificate(d2i_X509(nullptr, &end, static_cast<long>(bytes.size())), &X509_free);
  if (end != start + bytes.size()) certificate.reset();
  return certificate;
}

std::string public_key_in(std::string_view bytes) {
  const Certificate certificate = read_certificate(bytes);
  if (!certificate) return {};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  return size > 0 ? take(der, size) : std::string();
}

SigningKey ec_key_of(const std::string& identity) {
  return SigningKey::elliptic("endorsement" + identity);
}

}  // namespace

EndorsementOffice::EndorsementOffice(std::string authority_seed)
    : seed_(std::move(authority_seed)),
      authority_(SigningKey::elliptic("authority" + seed_)),
      ec_certificate_(certificate_form(SigningKey::elliptic("blank"), "critical,keyAgreement",
                                       authority_, true)),
      ec_request_(request_form(SigningKey::elliptic("blank"), true)) {}

EndorsementOffice::PoolEntry& EndorsementOffice::pool_entry_of(const std::string& identity) {
  // The pool does not depend on the seed: an identity brings its key along to another vCenter.
  const std::size_t index = derive_number(identity, "rsa-pool", pool_size);
  PoolEntry& entry = pool_[index];
  std::call_once(entry.made, [&] {
    entry.key = std::make_unique<SigningKey>(SigningKey::rsa("pool" + std::to_string(index)));
    entry.request = issue(request_form(*entry.key, false), {}, {}, *entry.key);
    entry.certificate = certificate_form(*entry.key, "critical,keyEncipherment", authority_, false);
  });
  return entry;
}

Endorsement EndorsementOffice::make(const std::string& identity) {
  const PoolEntry& rsa = pool_entry_of(identity);
  const SigningKey ec = ec_key_of(identity);
  const std::string point = point_of(ec);
  return Endorsement{
      {rsa.request, issue(ec_request_, {}, point, ec)},
      {issue(rsa.certificate, serial_of(identity, "rsa"), {}, authority_),
       issue(ec_certificate_, serial_of(identity, "ec"), point, authority_)},
  };
}

std::shared_ptr<const Endorsement> EndorsementOffice::endorse(const std::string& identity) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(identity);
    if (found != kept_.end()) return found->second;
  }
  auto made = std::make_shared<const Endorsement>(make(identity));
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= most_kept) kept_.clear();
  return kept_.emplace(identity, std::move(made)).first->second;
}

bool EndorsementOffice::belongs_to(std::string_view certificate, const std::string& identity) {
  const std::string key = public_key_in(certificate);
  return !key.empty() && (key == pool_entry_of(identity).key->public_key() ||
                          key == ec_key_of(identity).public_key());
}

bool EndorsementOffice::is_certificate(std::string_view bytes) {
  return read_certificate(bytes) != nullptr;
}

}  // namespace vtpmfs::simulator
