#include "fs/tree/inode_numbers.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace vtpmfs::fs {

InodeNumbers::InodeNumbers(std::string instance_uuid)
    : instance_uuid_(std::move(instance_uuid)),
      sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free) {}

InodeNumber InodeNumbers::part(const vsphere::MoRef& id, std::string_view name) const {
  // MoRefs are opaque and may hold anything but NUL: NULs keep the parts apart.
  std::string text;
  text.reserve(instance_uuid_.size() + id.type.size() + id.value.size() + name.size() + 4);
  text.append(instance_uuid_).push_back('\0');
  text.append(id.type).push_back('\0');
  text.append(id.value).push_back('\0');
  text.append(name);
  while (true) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha256_.get(), nullptr) != 1) {
      throw std::runtime_error("OpenSSL has no SHA-256");  // becomes EIO at the kernel's border
    }
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
    number &= ~(1ULL << 63);
    if (number > kRootInode.value) return InodeNumber{number};
    text.push_back('\0');
  }
}

}  // namespace vtpmfs::fs
