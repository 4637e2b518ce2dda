// nvram contents that were downloaded, bounded by bytes.
//
// The oldest go first; what a pinned generation holds stays, and counts. Not thread-safe: its
// owner's lock guards it.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "cache/saved/sha256.h"
#include "vsphere/moref.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

struct NvramBytes {
  std::string path;  ///< on its datastore
  vsphere::MoRef datastore;
  vsphere::DatastoreFile file;  ///< as listed
  std::shared_ptr<const std::string> bytes;
  Sha256Hash hash{};
  bool ahead = false;  ///< fetched ahead, and nobody had it yet
  /// What it was read with: with another key or bundle it might not belong together.
  std::optional<std::string> change_version;
};

class NvramCache {
 public:
  explicit NvramCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  void put(const vsphere::MoRef& vm, NvramBytes content);
  /// The bytes of this file as listed; null where it is another one, or the listing has no time.
  NvramBytes* find(const vsphere::MoRef& vm, const vsphere::DatastorePlace& datastore,
                   const std::string& path, const vsphere::DatastoreFile& file);
  void remove(const vsphere::MoRef& vm);
  /// Drops the oldest that nobody holds, down to the bound.
  void shrink();
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    vsphere::MoRef vm;
    NvramBytes content;
  };
  using Entries = std::list<Entry>;  ///< the youngest first

  const size_t max_bytes_;
  size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<vsphere::MoRef, Entries::iterator> by_vm_;
};

}  // namespace vtpmfs::cache
