// Reads VMs' details and nvram listings, in bulk, and makes versions of them.
//
// All calls block: for the rooms' own threads. Thread-safe. For N VMs: one call for 250, one more
// where bundles name other keys, what the OriginHook asks for 250, and one search for a datastore;
// a page that vCenter refuses as a whole is halved until the VM that it stumbles over is alone,
// within bounds.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/inventory.h"
#include "cache/saved/saved_origin.h"
#include "cache/sets/nvram_listings.h"
#include "cache/sets/set_builder.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::cache {

/// Where one of a page's VMs comes from, while that is found out.
struct OriginOfVm {
  const vsphere::VmDetail& detail;
  SavedOrigin origin;
  /// Nobody answered, and somebody may later: what the VM's former config.json says of it stays,
  /// and SetVersion::origin_pending has the VM read again.
  bool policy_pending = false, provider_pending = false;
};
/// Puts what only other parts know into the origins of a page's VMs: their storage policies, their
/// keys' providers. Blocks no longer than the call's timeout, and cannot fail: what is not known is
/// left out. From any thread, several at once.
using OriginHook = std::function<void(std::vector<OriginOfVm>& page, const vsphere::Call&)>;
/// The version that is known now; null where there is none.
using FormerVersion = std::function<VersionPtr(const vsphere::MoRef&)>;

struct ReadSets {
  std::vector<std::pair<vsphere::MoRef, bool>> has_tpm;  ///< of each VM that answered or failed
  std::vector<VersionPtr> versions;                      ///< of those that are shown
  /// That vCenter did not answer for. Only the inventory tells whether they have gone.
  std::vector<vsphere::MoRef> gone;
  std::vector<vsphere::MoRef> failed;  ///< whose details could not be read: to be tried again
  /// The connection failed, and these were not read: nothing was learnt of them.
  std::optional<Error> stopped;
  std::vector<vsphere::MoRef> unread;
};

class SetReader {
 public:
  SetReader(vsphere::VmSource& source, const Inventory& inventory, NvramListings& listings,
            SetBuilder builder, VmFilter filter, FormerVersion former, OriginHook hook);

  /// Page by page, so that no more than a page's details are in memory. Of `unanswered`, for which
  /// vCenter gave no answer before, none is a failure (EIO) and not a departure.
  ReadSets read(const std::vector<vsphere::MoRef>& vms, const vsphere::Call& call,
                const std::set<vsphere::MoRef>& unanswered = {});

  /// config.changeVersion of those that have one, in pages of 250. Blocks.
  Result<std::map<vsphere::MoRef, std::string>> change_versions(
      const std::vector<vsphere::MoRef>& vms, const vsphere::Call& call);

  [[nodiscard]] const SetBuilder& builder() const { return builder_; }
  /// Numbers readings in the order in which they begin.
  uint64_t next_sequence() { return ++sequence_; }

 private:
  struct Details {
    std::vector<vsphere::VmDetail> found;
    std::vector<std::pair<vsphere::MoRef, Error>> failed;
  };
  Status read_some(const std::vector<vsphere::MoRef>& page,
                   const std::set<vsphere::MoRef>& unanswered, uint64_t sequence,
                   uint64_t fresh_after, unsigned& splits_left, ReadSets& read,
                   const vsphere::Call& call);
  Result<Details> read_details(const std::vector<vsphere::MoRef>& page, unsigned& splits_left,
                               const vsphere::Call& call);
  Status read_mismatched_again(std::vector<vsphere::VmDetail>& details, unsigned& splits_left,
                               const vsphere::Call& call);
  [[nodiscard]] bool has_tpm(const vsphere::VmDetail& detail) const;
  Status list_nvrams(const std::vector<const vsphere::VmDetail*>& details,
                     std::vector<NvramPlace>& places, uint64_t fresh_after,
                     const vsphere::Call& call);
  [[nodiscard]] NvramPlace place_of(const vsphere::VmDetail& detail) const;
  [[nodiscard]] std::vector<OriginOfVm> origins_of(
      const std::vector<const vsphere::VmDetail*>& details, const vsphere::Call& call) const;
  [[nodiscard]] VersionPtr version_of(OriginOfVm of, bool tpm, uint64_t sequence,
                                      NvramPlace place) const;

  vsphere::VmSource& source_;
  const Inventory& inventory_;
  NvramListings& listings_;
  const SetBuilder builder_;
  const VmFilter filter_;
  const FormerVersion former_;
  const OriginHook hook_;
  std::atomic<uint64_t> sequence_{0};
};

}  // namespace vtpmfs::cache
