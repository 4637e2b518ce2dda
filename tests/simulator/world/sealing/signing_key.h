// Keys of the simulated world: EC P-256 and RSA 2048 keys that follow from a seed, and signatures
// that are the same on every run (ECDSA with a nonce derived from key and digest, RSA with PKCS#1
// v1.5), so that two runs with one seed make byte-identical certificates.
//
// SigningKey is immutable after construction and may be used from several threads at once.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

using KeyHandle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

class SigningKey {
 public:
  /// A P-256 key; about 0.1 ms.
  static SigningKey elliptic(std::string_view seed);
  /// An RSA key of 2048 bits; about 0.1 s, so keep it.
  static SigningKey rsa(std::string_view seed);

  /// The DER signature over SHA-256 of `message`, always the same.
  [[nodiscard]] std::string sign(std::string_view message) const;
  /// DER of the AlgorithmIdentifier that goes with sign().
  [[nodiscard]] std::string_view algorithm() const;
  /// DER of the SubjectPublicKeyInfo.
  [[nodiscard]] std::string public_key() const;
  [[nodiscard]] EVP_PKEY* get() const { return key_.get(); }

 private:
  SigningKey(KeyHandle key, std::string scalar)
      : key_(std::move(key)), scalar_(std::move(scalar)) {}

  KeyHandle key_;
  std::string scalar_;  ///< the private number of an EC key, big endian; empty for RSA
};

}  // namespace vtpmfs::simulator
