// SHA-256 of bytes, at once or piece by piece.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::cache {

using Sha256Hash = std::array<uint8_t, 32>;

/// Hashes what arrives in pieces. One thread at a time. OpenSSL fails here only where it is broken
/// (out of memory, no default provider); that throws std::runtime_error, for a hash that was not
/// computed must never look like one.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);
  /// The hash of all that was given; the object starts anew.
  Sha256Hash finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The hash of these bytes.
Sha256Hash sha256(std::string_view bytes);

/// 64 lower-case hex digits.
std::string hex(const Sha256Hash& hash);

/// From 64 hex digits of any case; empty where it is anything else.
std::optional<Sha256Hash> sha256_from_hex(std::string_view digits);

}  // namespace vtpmfs::cache
