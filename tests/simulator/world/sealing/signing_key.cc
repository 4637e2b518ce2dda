#include "tests/simulator/world/sealing/signing_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
using Number = std::unique_ptr<BIGNUM, Freer<BIGNUM, BN_clear_free>>;
using NumberContext = std::unique_ptr<BN_CTX, Freer<BN_CTX, BN_CTX_free>>;
using Group = std::unique_ptr<EC_GROUP, Freer<EC_GROUP, EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freer<EC_POINT, EC_POINT_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM, OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX, EVP_MD_CTX_free>>;

constexpr std::string_view ecdsa_sha256("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02", 12);
constexpr std::string_view rsa_sha256(
    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00", 15);

void require(bool done) {
  if (!done) throw std::runtime_error("making a key of the simulated world failed");
}

Number number_of(std::string_view bytes) {
  Number number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size()), nullptr));
  require(number != nullptr);
  return number;
}

Number new_number() {
  Number number(BN_new());
  require(number != nullptr);
  return number;
}

/// A number from 1 to the group's order minus 1.
Number scalar_of(const EC_GROUP* group, std::string_view seed, std::string_view label,
                 BN_CTX* context) {
  // 48 bytes before the reduction, so that the result is even enough.
  const Number wide = number_of(derive_bytes(seed, label, 48));
  const Number limit(BN_dup(EC_GROUP_get0_order(group)));
  Number scalar = new_number();
  require(limit && BN_sub_word(limit.get(), 1) == 1 &&
          BN_mod(scalar.get(), wide.get(), limit.get(), context) == 1 &&
          BN_add_word(scalar.get(), 1) == 1);
  return scalar;
}

KeyHandle key_from(const char* type, OSSL_PARAM* params) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  require(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
          EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params) == 1);
  return {key, &EVP_PKEY_free};
}

/// The first prime at or after a derived number of 1024 bits that an RSA key can have.
Number prime_of(std::string_view seed, std::string_view label, const BIGNUM* exponent,
                BN_CTX* context) {
  Number candidate = number_of(derive_bytes(seed, label, 128));
  // Two top bits, so that the product of two primes has all its 2048 bits.
  require(BN_set_bit(candidate.get(), 1023) == 1 && BN_set_bit(candidate.get(), 1022) == 1 &&
          BN_set_bit(candidate.get(), 0) == 1);
  const Number divisor = new_number();
  const Number less = new_number();
  while (true) {
    if (BN_check_prime(candidate.get(), context, nullptr) == 1) {
      require(BN_sub(less.get(), candidate.get(), BN_value_one()) == 1 &&
              BN_gcd(divisor.get(), less.get(), exponent, context) == 1);
      if (BN_is_one(divisor.get())) return candidate;
    }
    require(BN_add_word(candidate.get(), 2) == 1);
  }
}

std::string sign_with_rsa(EVP_PKEY* key, std::string_view message) {
  const DigestContext context(EVP_MD_CTX_new());
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  require(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
          EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         data, message.size()) == 1);
  signature.resize(size);
  return signature;
}

std::string sign_with_scalar(std::string_view scalar_bytes, std::string_view message) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const NumberContext context(BN_CTX_new());
  require(group && context);
  const BIGNUM* order = EC_GROUP_get0_order(group.get());
  const std::string digest = sha256(message);
  const Number secret = number_of(scalar_bytes);
  const Number value = number_of(digest);
  const Number nonce = scalar_of(group.get(), scalar_bytes, "nonce" + digest, context.get());
  const Point point(EC_POINT_new(group.get()));
  const Number x = new_number();
  Number r = new_number();
  Number s = new_number();
  require(
      point &&
      EC_POINT_mul(group.get(), point.get(), nonce.get(), nullptr, nullptr, context.get()) == 1 &&
      EC_POINT_get_affine_coordinates(group.get(), point.get(), x.get(), nullptr, context.get()) ==
          1 &&
      BN_nnmod(r.get(), x.get(), order, context.get()) == 1);
  // s = (digest + r * secret) / nonce
  const Number inverse(BN_mod_inverse(nullptr, nonce.get(), order, context.get()));
  require(inverse && BN_mod_mul(s.get(), r.get(), secret.get(), order, context.get()) == 1 &&
          BN_mod_add(s.get(), s.get(), value.get(), order, context.get()) == 1 &&
          BN_mod_mul(s.get(), s.get(), inverse.get(), order, context.get()) == 1);
  const std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG, ECDSA_SIG_free>> signature(ECDSA_SIG_new());
  require(signature && ECDSA_SIG_set0(signature.get(), r.release(), s.release()) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  require(size > 0);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

SigningKey SigningKey::elliptic(std::string_view seed) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const NumberContext context(BN_CTX_new());
  require(group && context);
  const Number scalar = scalar_of(group.get(), seed, "ec-key", context.get());
  const Point point(EC_POINT_new(group.get()));
  require(point && EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr,
                                context.get()) == 1);
  std::string encoded(65, '\0');
  require(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                             reinterpret_cast<unsigned char*>(encoded.data()), encoded.size(),
                             context.get()) == encoded.size());
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  require(builder &&
          OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                          0) == 1 &&
          OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                           encoded.size()) == 1 &&
          OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 1);
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  require(params != nullptr);
  std::string bytes(32, '\0');
  require(BN_bn2binpad(scalar.get(), reinterpret_cast<unsigned char*>(bytes.data()), 32) == 32);
  return {key_from("EC", params.get()), std::move(bytes)};
}

SigningKey SigningKey::rsa(std::string_view seed) {
  const NumberContext context(BN_CTX_new());
  const Number exponent = new_number();
  require(context && BN_set_word(exponent.get(), 65537) == 1);
  const Number p = prime_of(seed, "rsa-p", exponent.get(), context.get());
  const Number q = prime_of(seed, "rsa-q", exponent.get(), context.get());
  const Number modulus = new_number();
  const Number p1(BN_dup(p.get()));
  const Number q1(BN_dup(q.get()));
  const Number phi = new_number();
  const Number dp = new_number();
  const Number dq = new_number();
  require(p1 && q1 && BN_sub_word(p1.get(), 1) == 1 && BN_sub_word(q1.get(), 1) == 1 &&
          BN_mul(modulus.get(), p.get(), q.get(), context.get()) == 1 &&
          BN_mul(phi.get(), p1.get(), q1.get(), context.get()) == 1);
  const Number secret(BN_mod_inverse(nullptr, exponent.get(), phi.get(), context.get()));
  const Number inverse(BN_mod_inverse(nullptr, q.get(), p.get(), context.get()));
  require(secret && inverse && BN_mod(dp.get(), secret.get(), p1.get(), context.get()) == 1 &&
          BN_mod(dq.get(), secret.get(), q1.get(), context.get()) == 1);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  const auto push = [&](const char* name, const Number& number) {
    require(OSSL_PARAM_BLD_push_BN(builder.get(), name, number.get()) == 1);
  };
  require(builder != nullptr);
  push(OSSL_PKEY_PARAM_RSA_N, modulus);
  push(OSSL_PKEY_PARAM_RSA_E, exponent);
  push(OSSL_PKEY_PARAM_RSA_D, secret);
  push(OSSL_PKEY_PARAM_RSA_FACTOR1, p);
  push(OSSL_PKEY_PARAM_RSA_FACTOR2, q);
  push(OSSL_PKEY_PARAM_RSA_EXPONENT1, dp);
  push(OSSL_PKEY_PARAM_RSA_EXPONENT2, dq);
  push(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse);
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  require(params != nullptr);
  return {key_from("RSA", params.get()), {}};
}

std::string SigningKey::sign(std::string_view message) const {
  return scalar_.empty() ? sign_with_rsa(key_.get(), message) : sign_with_scalar(scalar_, message);
}

std::string_view SigningKey::algorithm() const {
  return scalar_.empty() ? rsa_sha256 : ecdsa_sha256;
}

std::string SigningKey::public_key() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  require(size > 0);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace vtpmfs::simulator
