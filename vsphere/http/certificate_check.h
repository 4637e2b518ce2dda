// Whether the one who answers is the vCenter that was meant.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/error.h"
#include "vsphere/http/known_hosts.h"

namespace vtpmfs::vsphere {
struct TlsPolicy;
}

namespace vtpmfs::vsphere::http {

/// The one TLS policy of a transport, put into each of its SSL contexts. In this order:
///  1. a pinned thumbprint decides alone: equal is trusted, different is refused, CA or not;
///  2. `insecure` trusts everybody, unless CA files were named;
///  3. a valid chain to the CAs (named, else the system's) and the right host name;
///  4. known_hosts, only where the chain's end or the host name was all that was wrong.
///
/// Made once, then used from the loop's thread only; must outlive every connection.
class CertificateCheck {
 public:
  static Result<std::unique_ptr<CertificateCheck>> create(const TlsPolicy& policy,
                                                          const std::string& host, int port);
  CertificateCheck(const CertificateCheck&) = delete;
  CertificateCheck& operator=(const CertificateCheck&) = delete;
  ~CertificateCheck();

  /// Makes `context` (a client's) decide by this policy, TLS 1.2 or newer.
  void install(SSL_CTX* context);

  /// Why the last certificate was refused, for a person: the server, the reason, its SHA-256
  /// thumbprint and the options that would trust it. Empty where none was refused yet.
  [[nodiscard]] const std::string& last_refusal() const { return last_refusal_; }

 private:
  struct Findings;  // what was wrong with one chain
  struct FreeStore {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };

  CertificateCheck(std::string host, int port);
  static int verify(X509_STORE_CTX* chain, void* self);
  static int note_error(int ok, X509_STORE_CTX* chain);
  bool trusts(X509_STORE_CTX* chain);
  Findings examine(X509_STORE_CTX* chain) const;
  void refuse(const std::string& reason, const std::string& thumbprint, bool a_ca_would_help);
  void warn_of_sha1();

  const std::string host_;
  const std::string server_;  ///< host:port, for words
  std::unique_ptr<X509_STORE, FreeStore> authorities_;
  std::optional<std::string> pin_;
  KnownHosts known_hosts_;
  bool trust_everybody_ = false;
  bool sha1_warned_ = false;
  std::string last_refusal_;
};

}  // namespace vtpmfs::vsphere::http
