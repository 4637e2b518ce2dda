// The simulator's certificate and the authority that signed it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace vtpmfs::simulator {

/// A server certificate (EC P-256, for localhost, 127.0.0.1 and ::1) with its own certificate
/// authority, made at the start, or one that was given as PEM files.
/// Threads: immutable. Failure: the constructors throw std::runtime_error.
class TlsIdentity {
 public:
  TlsIdentity();
  TlsIdentity(const std::string& certificate_file, const std::string& key_file);

  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
  /// What a client is to trust: the authority, or the given certificate itself.
  [[nodiscard]] const std::string& authority_pem() const { return authority_pem_; }
  /// Uppercase pairs joined by colons, as govmomi's known_hosts files hold them.
  [[nodiscard]] const std::string& sha1_thumbprint() const { return sha1_; }
  [[nodiscard]] const std::string& sha256_thumbprint() const { return sha256_; }

 private:
  void take_fingerprints(const X509* certificate);

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::string authority_pem_;
  std::string sha1_;
  std::string sha256_;
};

}  // namespace vtpmfs::simulator
