#include "tests/simulator/world/sealing/derived_bytes.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace vtpmfs::simulator {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view data) {
  std::string digest(32, '\0');
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                 EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string mac(32, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
  return mac;
}

std::string derive_bytes(std::string_view root, std::string_view label, std::size_t size) {
  // The length goes in front of the root, so that no two (root, label) pairs read alike.
  std::string block = std::to_string(root.size());
  block += ':';
  block += root;
  block += ':';
  block += label;
  block += ':';
  const std::size_t stem = block.size();
  std::string bytes;
  bytes.reserve(size + 32);
  for (unsigned counter = 0; bytes.size() < size; ++counter) {
    block.resize(stem);
    block += std::to_string(counter);
    bytes += sha256(block);
  }
  bytes.resize(size);
  return bytes;
}

std::uint64_t derive_number(std::string_view root, std::string_view label, std::uint64_t bound) {
  const std::string bytes = derive_bytes(root, label, 8);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return bound == 0 ? number : number % bound;
}

std::string derive_uuid(std::string_view root, std::string_view label) {
  std::string raw = derive_bytes(root, label, 16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string text = hex(raw);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string unbase64(std::string_view text, bool& ok) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  ok = text.size() % 4 == 0 &&
       text.substr(0, text.size() - padding).find_first_not_of(alphabet) == std::string_view::npos;
  if (!ok || text.empty()) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text),
                                   static_cast<int>(text.size()));
  ok = size >= 0;
  bytes.resize(ok ? static_cast<std::size_t>(size) - padding : 0);
  return bytes;
}

}  // namespace vtpmfs::simulator
