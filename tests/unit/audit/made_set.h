// A saved set on disk for the tests, and ways to damage it.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "cache/saved/base64.h"
#include "cache/saved/config_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/sha256sums.h"
#include "cache/saved/vtpm_file.h"
#include "tests/unit/saved/made_certificates.h"

namespace vtpmfs::fs::made {

/// The files of one machine's set, SHA256SUMS included. To be changed, and then written.
struct Set {
  std::map<std::string, std::string> files;

  explicit Set(const std::string& name = "pay01", int tpm = 0, const std::string& key = "k1",
               const std::string& provider = "KMS") {
    vsphere::VirtualTpm device;
    device.key = 11000;
    device.certificates = {cache::base64_encode(certificate(tpm))};
    device.certificate_signing_requests = {cache::base64_encode(request(tpm))};
    config.num_cpus = 2;
    config.uuid = "bios-of-" + name;
    origin.raw_name = name;
    origin.instance_uuid = "instance-of-" + name;
    origin.inventory_path = "/DC1/vm/" + name;
    origin.key = vsphere::CryptoKeyId{key, provider};
    files["keyId"] = cache::render_key_id({key, provider});
    files["encryption.bundle"] = bundle(key, provider);
    files["firmware"] = "efi\n";
    files["vtpm.json"] = cache::render_vtpm(device);
    files["nvram"] = "sealed state of " + name;
    with_config();
  }

  vsphere::VmConfig config;
  cache::SavedOrigin origin;

  /// config.json anew from `config` and `origin`, and SHA256SUMS after it.
  Set& with_config() {
    files["config.json"] = cache::render_config(config, origin);
    return summed();
  }
  /// SHA256SUMS of what is there now.
  Set& summed() {
    cache::Sha256Sums sums;
    for (const auto& [name, text] : files)
      if (name != "SHA256SUMS") sums[name] = cache::sha256(text);
    files["SHA256SUMS"] = cache::render_sha256sums(sums);
    return *this;
  }
  Set& without(const std::string& name) {
    files.erase(name);
    return *this;
  }
  Set& with(const std::string& name, const std::string& text) {
    files[name] = text;
    return *this;
  }

  static std::string bundle(const std::string& key, const std::string& provider) {
    return "vmware:key/list/(" + pair(key, provider) + ")";
  }
  static std::string pair(const std::string& key, const std::string& provider) {
    return "pair/(fqid/<VMWARE-NULL>/" + provider + "/" + key +
           ",HMAC%2dSHA%2d256,KPYD5%2fz%2bAw%3d%3d)";
  }
  /// A certificate of 100 days, made once a vTPM.
  static const std::string& certificate(int tpm) {
    static std::map<int, std::string> made;
    std::string& der = made[tpm];
    if (der.empty()) der = cache::made::make_certificate(1, tpm, 100 * 86400L);
    return der;
  }
  static const std::string& request(int tpm) {
    static std::map<int, std::string> made;
    std::string& der = made[tpm];
    if (der.empty()) der = cache::made::make_signing_request(tpm);
    return der;
  }
};

/// While it lives, this process is not root: root reads everything.
class Unprivileged {
 public:
  Unprivileged() : root_(geteuid() == 0) {
    if (root_ && seteuid(65534) != 0) std::abort();
  }
  ~Unprivileged() {
    if (root_ && seteuid(0) != 0) std::abort();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  const bool root_;
};

/// A private directory that goes with the test.
class Tree {
 public:
  Tree() {
    ::umask(022);  // for Unprivileged
    std::string path = (std::filesystem::temp_directory_path() / "vtpmfs-audit-XXXXXX").string();
    root_ = mkdtemp(path.data());
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
  }
  ~Tree() {
    std::error_code ignored;
    std::filesystem::permissions(root_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  [[nodiscard]] std::string path(const std::string& below = "") const {
    return below.empty() ? root_.string() : (root_ / below).string();
  }
  void directory(const std::string& below) const {
    std::filesystem::create_directories(root_ / below);
  }
  void file(const std::string& below, const std::string& text) const {
    directory(std::filesystem::path(below).parent_path().string());
    std::ofstream out(root_ / below, std::ios::binary);
    out << text;
    ASSERT_TRUE(out.good()) << below;
  }
  void set(const std::string& below, const Set& set) const {
    directory(below);
    for (const auto& [name, text] : set.files) file(below + "/" + name, text);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace vtpmfs::fs::made
