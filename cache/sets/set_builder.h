// Makes a SetVersion of what vCenter said.
#pragma once

#include <cstdint>
#include <string>

#include "cache/clock.h"
#include "cache/saved/saved_origin.h"
#include "cache/sets/set_version.h"
#include "cache/times/first_seen.h"
#include "vsphere/vm_detail.h"

namespace vtpmfs::cache {

struct BuildInput {
  const vsphere::VmDetail& detail;
  SavedOrigin origin;  ///< but no_nvram, which is found out here
  bool origin_pending = false;
  std::string inventory_path;
  bool has_tpm = false;
  uint64_t sequence = 0;
  NvramPlace nvram_place;
  NvramFound nvram;
  VersionPtr former;  ///< null at first; what cannot be had now shows as it was there
};

/// Thread-safe as FirstSeen is. Keeps nothing of the detail but the texts.
class SetBuilder {
 public:
  SetBuilder(FirstSeen& times, const Clock& clock, uint64_t nvram_max)
      : times_(times), clock_(clock), nvram_max_(nvram_max) {}

  [[nodiscard]] VersionPtr build(BuildInput input) const;

  /// The same VM with another nvram. Empty where config.json would say otherwise now (an nvram
  /// where there legitimately was none, or the reverse): then the details must be read again.
  [[nodiscard]] VersionPtr with_nvram(const VersionPtr& version, const NvramFound& nvram) const;

  /// The same, but nvram has a later time: it was found to have changed unseen.
  [[nodiscard]] VersionPtr with_nvram_changed(const VersionPtr& version) const;

 private:
  void render(SetVersion& version, BuildInput& input) const;
  void list(SetVersion& version, const SetVersion* former, std::optional<WallTime> first) const;
  [[nodiscard]] WallTime provisional_time(const SetVersion& version, FileRole role,
                                          std::optional<WallTime> first) const;
  void add_nvram(SetVersion& version, const SetFile* before, std::optional<WallTime> first) const;
  void add_sums(SetVersion& version) const;

  FirstSeen& times_;
  const Clock& clock_;
  const uint64_t nvram_max_;
};

/// Bytes of SHA256SUMS over these files: known before any hash is.
uint64_t sums_size(const SetListing& listing);

/// SHA256SUMS of a version, with the hash of its nvram where it has one.
std::string render_sums(const SetVersion& version, const Sha256Hash* nvram);

/// What a listing says of an nvram's content.
ContentId nvram_content_id(const vsphere::DatastoreFile& file,
                           const std::optional<std::string>& change_version);

}  // namespace vtpmfs::cache
