#include "vsphere/http/certificate_check.h"

#include <arpa/inet.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "vsphere/connection.h"
#include "vsphere/http/server_name.h"
#include "vsphere/http/thumbprint.h"

namespace vtpmfs::vsphere::http {
namespace {

/// Where note_error() finds the list that it adds to.
int findings_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool is_untrusted_end(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return true;
    default:
      return false;
  }
}

bool is_other_name(int error) {
  return error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

struct CertificateCheck::Findings {
  std::vector<int> errors;  ///< X509_V_ERR_*, each once, in the order met

  [[nodiscard]] bool only(bool (*kind)(int)) const {
    return std::all_of(errors.begin(), errors.end(), kind);
  }

  [[nodiscard]] std::string words() const {
    std::string text;
    for (const int error : errors) {
      if (!text.empty()) text += ", ";
      text += X509_verify_cert_error_string(error);
    }
    return text;
  }
};

Result<std::unique_ptr<CertificateCheck>> CertificateCheck::create(const TlsPolicy& policy,
                                                                   const std::string& host,
                                                                   int port) {
  std::unique_ptr<CertificateCheck> check(new CertificateCheck(host, port));
  if (policy.thumbprint) {
    check->pin_ = normal_thumbprint(*policy.thumbprint);
    if (!check->pin_ || !is_sha256_thumbprint(*check->pin_)) {
      return fail(EINVAL, "a thumbprint is the SHA-256 digest of a certificate: 64 hex digits");
    }
  }
  check->trust_everybody_ = policy.insecure && policy.ca_files.empty() && !policy.thumbprint;

  check->authorities_.reset(X509_STORE_new());
  if (!check->authorities_) return fail(ENOMEM, "no memory for the CA certificates");
  for (const auto& file : policy.ca_files) {
    if (X509_STORE_load_file(check->authorities_.get(), file.c_str()) != 1) {
      return fail(EINVAL, "CA file " + file + " cannot be read as PEM certificates");
    }
  }
  // Loading the system's takes 20 ms, so not where nobody asks them.
  if (policy.ca_files.empty() && !check->pin_ && !check->trust_everybody_) {
    X509_STORE_set_default_paths(check->authorities_.get());
  }

  auto known = KnownHosts::load(policy.known_hosts_files, host, port);
  if (!known) return fail(std::move(known.error()));
  check->known_hosts_ = std::move(*known);
  return check;
}

CertificateCheck::CertificateCheck(std::string host, int port)
    : host_(std::move(host)), server_(host_and_port(host_, port)) {}

CertificateCheck::~CertificateCheck() = default;

void CertificateCheck::install(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set1_cert_store(context, authorities_.get());
  SSL_CTX_set_cert_verify_callback(context, &CertificateCheck::verify, this);
}

int CertificateCheck::verify(X509_STORE_CTX* chain, void* self) {
  const bool trusted = static_cast<CertificateCheck*>(self)->trusts(chain);
  // curl asks for the verify result too, so it must agree with what is returned here.
  X509_STORE_CTX_set_error(chain, trusted ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return trusted ? 1 : 0;
}

int CertificateCheck::note_error(int ok, X509_STORE_CTX* chain) {
  if (ok == 1) return 1;
  auto* findings = static_cast<Findings*>(X509_STORE_CTX_get_ex_data(chain, findings_index()));
  const int error = X509_STORE_CTX_get_error(chain);
  auto& errors = findings->errors;
  if (std::find(errors.begin(), errors.end(), error) == errors.end()) errors.push_back(error);
  return 1;  // go on: a known host is excused for some errors only if there are no others
}

CertificateCheck::Findings CertificateCheck::examine(X509_STORE_CTX* chain) const {
  Findings findings;
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(chain);
  const std::string name = host_.substr(0, host_.find('%'));  // a zone is not part of the name
  const bool name_set = is_address(name)
                            ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1
                            : X509_VERIFY_PARAM_set1_host(param, name.data(), name.size()) == 1;
  if (!name_set) {
    findings.errors.push_back(X509_V_ERR_OUT_OF_MEM);
    return findings;
  }
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // A named intermediate or the server's own certificate is an anchor, as in curl and Go.
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_STORE_CTX_set_ex_data(chain, findings_index(), &findings) != 1) {
    findings.errors.push_back(X509_V_ERR_OUT_OF_MEM);
    return findings;
  }
  X509_STORE_CTX_set_verify_cb(chain, &CertificateCheck::note_error);
  const int verdict = X509_verify_cert(chain);
  X509_STORE_CTX_set_ex_data(chain, findings_index(), nullptr);
  if (verdict != 1 && findings.errors.empty()) findings.errors.push_back(X509_V_ERR_UNSPECIFIED);
  return findings;
}

bool CertificateCheck::trusts(X509_STORE_CTX* chain) {
  const X509* leaf = X509_STORE_CTX_get0_cert(chain);
  if (leaf == nullptr) {
    last_refusal_ = server_ + ": the server shows no certificate";
    return false;
  }
  const std::string thumbprint = thumbprint_of(*leaf, Digest::sha256);
  if (pin_) {
    if (thumbprint == *pin_) return true;
    last_refusal_ = server_ + ": the server's certificate is not the pinned one: its SHA-256 " +
                    "thumbprint is " + thumbprint + ", --thumbprint says " + *pin_;
    return false;
  }
  if (trust_everybody_) return true;

  const Findings findings = examine(chain);
  if (findings.errors.empty()) return true;
  const bool excusable =
      findings.only([](int error) { return is_untrusted_end(error) || is_other_name(error); });
  if (excusable && !known_hosts_.empty()) {
    if (known_hosts_.contains(thumbprint)) return true;
    if (known_hosts_.contains(thumbprint_of(*leaf, Digest::sha1))) {
      warn_of_sha1();
      return true;
    }
  }
  // A CA can mend a chain, but neither a wrong name nor an expired certificate.
  refuse(findings.words(), thumbprint, findings.only(is_untrusted_end));
  return false;
}

void CertificateCheck::refuse(const std::string& reason, const std::string& thumbprint,
                              bool a_ca_would_help) {
  last_refusal_ = server_ + ": the server's certificate is not trusted: " + reason +
                  "; its SHA-256 thumbprint is " + thumbprint + "; " +
                  (a_ca_would_help ? "--ca-file=FILE, " : "") + "--thumbprint=" + thumbprint +
                  " or --insecure would trust it";
}

void CertificateCheck::warn_of_sha1() {
  if (sha1_warned_) return;
  sha1_warned_ = true;
  spdlog::warn(
      "{}: trusted by a SHA-1 thumbprint in a known hosts file; SHA-1 can be forged, put the "
      "SHA-256 thumbprint there",
      server_);
}

}  // namespace vtpmfs::vsphere::http
