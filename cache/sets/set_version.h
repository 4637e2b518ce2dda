// One state of a VM's files, as it was read: everything but nvram's bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/saved/sha256.h"
#include "cache/times/first_seen.h"
#include "cache/vm_sets.h"
#include "vsphere/datastore_path.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

constexpr size_t index_of(FileRole role) {
  return static_cast<size_t>(role);
}

/// One value for each file of a set.
template <class T>
using PerFile = std::array<T, kFileRoles.size()>;

/// What the datastore's listing says about a VM's nvram.
struct NvramFound {
  enum class State {
    listed,     ///< there, and not empty
    none,       ///< the listing succeeded, and shows none with content
    not_known,  ///< the listing failed (`error`)
  };
  State state = State::not_known;
  vsphere::DatastoreFile file;
  /// Another nvram with content lies in the VM's directory, which the VM does not name.
  bool others = false;
  std::optional<Error> error;

  /// The same file, as far as a listing can tell.
  [[nodiscard]] bool same_as(const NvramFound& other) const {
    return state == other.state && others == other.others && file.size == other.file.size &&
           file.modified == other.file.modified;
  }
};

/// Where a VM's nvram is looked for.
struct NvramPlace {
  std::shared_ptr<const vsphere::DatastorePlace> datastore;  ///< null: not known
  std::string directory;                                     ///< of the .vmx, on that datastore
  std::optional<std::string> path;  ///< of the nvram, where the VM names one
};

/// Immutable once it is built, and shared: a generation that is pinned keeps it, whatever comes
/// after. Texts are shared between versions that differ in nvram only.
struct SetVersion {
  vsphere::MoRef vm;
  uint64_t sequence = 0;  ///< which of two readings began later
  std::optional<std::string> change_version;
  std::string inventory_path;
  /// config.json waits for an answer (policy, key provider): the VM is to be read again.
  bool origin_pending = false;
  bool has_tpm = false;
  bool running = false;  ///< the guest may write nvram at any time
  bool has_run = false;  ///< traces of having run: an nvram must be there
  PerFile<std::shared_ptr<const std::string>> texts;  ///< without nvram; null: not known
  PerFile<Sha256Hash> hashes{};                       ///< of the texts
  NvramPlace nvram_place;
  NvramFound nvram;
  std::vector<std::string> warnings;
  /// Why files cannot be had, where that is more special than `listing.incomplete`.
  std::vector<std::pair<FileRole, Error>> file_errors;
  std::optional<Error> detail_reason;  ///< incomplete, whatever the datastore shows
  SetListing listing;

  /// nvram belongs to the set (also where it cannot be had).
  [[nodiscard]] bool lists(FileRole role) const { return listing.find(role) != nullptr; }
  [[nodiscard]] const std::shared_ptr<const std::string>& text(FileRole role) const {
    return texts[index_of(role)];
  }
  /// Why a file cannot be had; null where it can, as far as is known without reading nvram.
  [[nodiscard]] const Error* why_not(FileRole role) const;
};

using VersionPtr = std::shared_ptr<const SetVersion>;

/// Whether the kernel would see no difference between the two.
bool looks_the_same(const SetListing& a, const SetListing& b);

/// Files that are given out only when the whole set can be had: a copy over an older one would
/// tear that one.
constexpr bool is_sealing(FileRole role) {
  return role != FileRole::firmware && role != FileRole::config;
}

}  // namespace vtpmfs::cache
