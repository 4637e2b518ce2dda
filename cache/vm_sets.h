// Interface. The sets of files of all VMs: their listings without asking anybody, their bytes on
// demand.
//
// A set is one generation: key, bundle, device, firmware and configuration were read in one call,
// and nvram in between two equal changeVersions. It is served from the first open in it until
// nothing in it has been open or read for the pin time.
//
// Failure cases: a VM with a vTPM always lists all five files. Where its set cannot be had whole,
// nvram, bundle, keyId, vtpm.json and SHA256SUMS all fail (known by then: at open; else at the
// first read), firmware and config.json stay readable. Never short or zero bytes.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/clock.h"
#include "cache/saved/sha256.h"
#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::cache {

enum class FileRole { key_id, encryption_bundle, firmware, vtpm, nvram, config, sha256sums };
inline constexpr std::array kFileRoles{FileRole::key_id,    FileRole::encryption_bundle,
                                       FileRole::firmware,  FileRole::vtpm,
                                       FileRole::nvram,     FileRole::config,
                                       FileRole::sha256sums};
/// keyId, encryption.bundle, firmware, vtpm.json, nvram, config.json, SHA256SUMS
std::string_view file_name(FileRole role);
std::optional<FileRole> file_role(std::string_view name);

struct SetFile {
  FileRole role = FileRole::firmware;
  uint64_t size = 0;  ///< exact; for a file that cannot be had now: last known, else 1, never 0
  WallTime time;      ///< mtime = ctime: when this content was first seen
};

/// What `ls -l` of a VM directory shows.
struct SetListing {
  std::vector<SetFile> files;
  WallTime directory_time;
  std::optional<Error> incomplete;  ///< why the set cannot be had whole, where that is known
  [[nodiscard]] const SetFile* find(FileRole role) const;
};

/// What is known of the generation that a VM's directory shows.
struct ShownSet {
  SetListing listing;
  std::optional<std::string> change_version;
  std::shared_ptr<const std::string> key_id_file;  ///< null where there is none
  /// Of the files' bytes, as far as they are known without asking anybody.
  std::map<FileRole, Sha256Hash> hashes;
};

/// A generation that somebody has open; letting go of it starts the pin time.
class PinnedSet;
using PinnedSetPtr = std::shared_ptr<PinnedSet>;

/// Thread-safe. Nothing here waits for the network in the caller's thread.
class VmSets {
 public:
  virtual ~VmSets() = default;
  /// ENOENT where the VM is not known (any more).
  virtual Result<SetListing> listing(const vsphere::MoRef& vm) = 0;
  /// ENOENT likewise.
  virtual Result<ShownSet> shown(const vsphere::MoRef& vm) = 0;
  /// For open(2): pins the generation. Fails with what is known by now (ENODATA, EACCES, EIO ...)
  /// for the files that an incomplete set does not give out.
  virtual Result<PinnedSetPtr> open(const vsphere::MoRef& vm, FileRole role) = 0;
  /// Size and time of a file as the pinned generation has them. They are those of listing(), unless
  /// the generation is shown no more: then its bytes must not be read under the new size and time.
  virtual SetFile file_of(const PinnedSetPtr& set, FileRole role) = 0;
  /// The bytes of one file of a pinned generation; the first read of a file that needs nvram
  /// fetches it (once, for however many waiters) and looks at changeVersion again. `done` exactly
  /// once, any thread.
  virtual void read(const PinnedSetPtr& set, FileRole role, const vsphere::Call& call,
                    std::function<void(Result<std::shared_ptr<const std::string>>)> done) = 0;
  /// Whether pages that the kernel kept from an earlier open still hold this generation's bytes.
  virtual bool same_content_as_before(const PinnedSetPtr& set, FileRole role) = 0;
};

}  // namespace vtpmfs::cache
