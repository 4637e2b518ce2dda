#include "tests/simulator/world/sealing/nvram_image.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

constexpr std::string_view sealed_magic = "SEALEDNV";
constexpr std::string_view plain_magic = "PLAIN-NV";
constexpr std::string_view state_magic = "EFIVARS1";
constexpr std::size_t iv_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t identity_size = 32;
constexpr std::size_t state_size = 8 + 8 + 1 + identity_size;

unsigned char* data_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* data_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool done) {
  if (!done) throw std::runtime_error("sealing an nvram image failed");
}

std::string write_state(const NvramState& state, std::size_t size) {
  std::string body(size, '\0');
  std::memcpy(body.data(), state_magic.data(), state_magic.size());
  std::memcpy(body.data() + 8, &state.generation, 8);
  body[16] = state.tpm_identity.empty() ? 0 : 1;
  std::memcpy(body.data() + 17, state.tpm_identity.data(),
              std::min(identity_size, state.tpm_identity.size()));
  return body;
}

std::optional<NvramState> read_state(std::string_view body) {
  if (body.size() < state_size || body.substr(0, 8) != state_magic) return std::nullopt;
  NvramState state;
  std::memcpy(&state.generation, body.data() + 8, 8);
  if (body[16] == 1) state.tpm_identity = std::string(body.substr(17, identity_size));
  return state;
}

/// Encrypts `body` in place with a stream that depends on `key` and `iv`; gives the tag for GCM.
std::string encrypt(std::string& body, const EVP_CIPHER* cipher, std::string_view key,
                    std::string_view iv, std::string_view covered) {
  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  require(context != nullptr &&
          EVP_EncryptInit_ex(context.get(), cipher, nullptr, data_of(key), data_of(iv)) == 1);
  if (!covered.empty()) {
    require(EVP_EncryptUpdate(context.get(), nullptr, &size, data_of(covered),
                              static_cast<int>(covered.size())) == 1);
  }
  require(EVP_EncryptUpdate(context.get(), data_of(body), &size, data_of(body),
                            static_cast<int>(body.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), data_of(body) + size, &size) == 1);
  std::string tag(tag_size, '\0');
  if (!covered.empty()) {
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag.data()) == 1);
  }
  return tag;
}

}  // namespace

std::string write_nvram(const NvramState& state, std::string_view data_key, std::size_t size) {
  const std::string version = state.tpm_identity + ":" + std::to_string(state.generation);
  if (data_key.empty()) {
    // Not encrypted: what follows the variables is the firmware's own noise.
    std::string body = write_state(state, size - plain_magic.size());
    std::string noise(body.size() - state_size, '\0');
    encrypt(noise, EVP_aes_256_ctr(), derive_bytes(version, "noise", 32),
            derive_bytes(version, "start", 16), {});
    body.replace(state_size, noise.size(), noise);
    return std::string(plain_magic) + body;
  }
  const std::string iv = derive_bytes(data_key, "iv" + version, iv_size);
  std::string body = write_state(state, size - sealed_magic.size() - iv_size - tag_size);
  const std::string tag = encrypt(body, EVP_aes_256_gcm(), data_key, iv, sealed_magic);
  std::string image(sealed_magic);
  image.reserve(size);
  image += iv;
  image += body;
  image += tag;
  return image;
}

std::optional<NvramState> open_nvram(std::string_view image, std::string_view data_key) {
  if (data_key.empty()) {
    if (image.substr(0, plain_magic.size()) != plain_magic) return std::nullopt;
    return read_state(image.substr(plain_magic.size()));
  }
  if (image.size() < sealed_magic.size() + iv_size + state_size + tag_size) return std::nullopt;
  if (image.substr(0, sealed_magic.size()) != sealed_magic || data_key.size() != 32) {
    return std::nullopt;
  }
  const std::string_view iv = image.substr(sealed_magic.size(), iv_size);
  std::string body(image.substr(sealed_magic.size() + iv_size,
                                image.size() - sealed_magic.size() - iv_size - tag_size));
  std::string tag(image.substr(image.size() - tag_size));
  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  require(context != nullptr &&
          EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, data_of(data_key),
                             data_of(iv)) == 1 &&
          EVP_DecryptUpdate(context.get(), nullptr, &size, data_of(sealed_magic),
                            static_cast<int>(sealed_magic.size())) == 1 &&
          EVP_DecryptUpdate(context.get(), data_of(body), &size, data_of(body),
                            static_cast<int>(body.size())) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), data_of(body) + size, &size) != 1) return std::nullopt;
  return read_state(body);
}

}  // namespace vtpmfs::simulator
