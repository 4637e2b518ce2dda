// One PropertyFilter: what its client was told last, and what has changed since.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/collector/property_reader.h"
#include "tests/simulator/collector/selection.h"
#include "tests/simulator/model/inventory.h"

namespace vtpmfs::simulator {

class FragmentWriter;

/// A filter remembers for each object a fingerprint of each value that its client knows. A wait
/// proposes what differs now; the proposal becomes what the client knows when the client comes back
/// with its version, or is taken back when the client asks with the old version again.
///
/// Threads: object_changed() and tree_changed() come from any thread; the rest from one waiting
/// call at a time (the collector sees to that), with the inventory's lock held shared.
class PropertyFilter : public ManagedObject, public ChangeListener {
 public:
  /// `news` is called (without a lock but the inventory's) when there may be something to tell.
  PropertyFilter(Ref ref, Ref collector, FilterSpec spec, std::function<void()> news)
      : ManagedObject(std::move(ref)),
        collector_(std::move(collector)),
        spec_(std::move(spec)),
        news_(std::move(news)) {}

  [[nodiscard]] const PropertyTable& properties() const override;
  void object_changed(const Ref& ref) override;
  void tree_changed() override;

  [[nodiscard]] const Ref& collector() const { return collector_; }

  /// The client knows nothing (any more).
  void forget();
  /// The client has got what was proposed.
  void accept();
  /// The client has not got it.
  void take_back();
  /// All paths of one object that the client knows are missing for this reason; false where it
  /// knows none.
  bool tell_missing(const Viewpoint& viewpoint, const Fault& fault, vsphere::Arena& arena,
                    vim25__PropertyFilterUpdate& update) const;

  /// Appends updates, at most `room` objects; sets `more` where at least one did not fit: what
  /// turns out unchanged is none. Starts that are not there are told once in missingSet, where the
  /// spec wants them reported. To be followed by accept() or take_back() before the next call. A
  /// fault (a path that a new object lacks) is the wait's.
  Outcome<void> propose(const Viewpoint& viewpoint, vsphere::Arena& arena, int room,
                        vim25__PropertyFilterUpdate& update, bool& more);

 private:
  using Fingerprints = std::vector<uint64_t>;  // by the order of the paths; 0: unset

  /// What is to be told of an object, and what its client knows then.
  struct Told {
    vim25__ObjectUpdate update;
    Fingerprints fingerprints;
  };

  Outcome<void> look_around(const Viewpoint& viewpoint);
  /// Nothing where the object is gone or as the client knows it.
  Outcome<std::optional<Told>> look_at(const Ref& ref, const Viewpoint& viewpoint,
                                       vsphere::Arena& arena, FragmentWriter& writer) const;
  void propose_missing(vsphere::Arena& arena, vim25__PropertyFilterUpdate& update);
  void propose_leave(const Ref& ref, vim25__PropertyFilterUpdate& update);

  const Ref collector_;
  const FilterSpec spec_;
  const std::function<void()> news_;

  std::mutex lock_;  // for the next two, a leaf
  std::unordered_set<Ref> touched_;
  bool tree_touched_ = true;

  std::unordered_map<Ref, Fingerprints> known_;
  std::deque<Ref> to_look_at_;  // selected and not known, or changed
  std::unordered_set<Ref> queued_;
  std::deque<Ref> to_leave_;
  std::vector<Ref> missing_;  // starts that are not there, not told yet
  std::unordered_set<Ref> known_missing_;
  std::vector<Ref> proposed_missing_;
  std::unordered_map<Ref, Fingerprints> proposed_;
  std::vector<Ref> proposed_leaves_;
};

}  // namespace vtpmfs::simulator
