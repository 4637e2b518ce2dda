#include "vsphere/http/thumbprint.h"

#include <openssl/evp.h>

#include <array>

namespace vtpmfs::vsphere::http {
namespace {

constexpr size_t text_length(size_t bytes) {
  return bytes * 3 - 1;
}

}  // namespace

std::string thumbprint_of(const X509& certificate, Digest digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int count = 0;
  const EVP_MD* method = digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
  if (X509_digest(&certificate, method, bytes.data(), &count) != 1) return {};
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < count; ++i) {
    if (i > 0) text += ':';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::optional<std::string> normal_thumbprint(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':' || c == ' ') continue;
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digits += static_cast<char>(c & ~0x20);
    } else {
      return std::nullopt;
    }
  }
  if (digits.size() != 40 && digits.size() != 64) return std::nullopt;
  std::string normal;
  for (size_t i = 0; i < digits.size(); i += 2) {
    if (i > 0) normal += ':';
    normal.append(digits, i, 2);
  }
  return normal;
}

bool is_sha256_thumbprint(std::string_view normal) {
  return normal.size() == text_length(32);
}

}  // namespace vtpmfs::vsphere::http
