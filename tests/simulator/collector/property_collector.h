// The PropertyCollector object: pages of a retrieval, filters, versions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/collector/filter_spec.h"
#include "tests/simulator/collector/property_filter.h"
#include "tests/simulator/collector/viewpoint.h"
#include "tests/simulator/model/managed_object.h"
#include "tests/simulator/soap/call.h"

namespace vtpmfs::simulator {

/// One session's collector. The well-known one ("propertyCollector") is made for each session when
/// it is first used, as its tokens, filters and versions are the session's own.
///
/// Threads: any; its lock comes after the inventory's.
class PropertyCollector : public ManagedObject,
                          public std::enable_shared_from_this<PropertyCollector> {
 public:
  using ManagedObject::ManagedObject;
  [[nodiscard]] const PropertyTable& properties() const override;

  /// What is left of a retrieval: objects still to be read, and how.
  struct Rest {
    struct Item {
      Ref object;
      std::shared_ptr<const FilterSpec> spec;
      bool missing = false;
    };
    std::deque<Item> items;
    int page = 0;
  };
  /// Keeps the rest for a token "0", "1", ...
  std::string keep(Rest rest);
  /// Each token works once.
  std::optional<Rest> take(const std::string& token);

  /// Wants the inventory's lock held (the filter subscribes to it).
  std::shared_ptr<PropertyFilter> add_filter(Session& session, Inventory& inventory,
                                             FilterSpec spec);
  /// Wants the inventory's lock held exclusively, so that nobody waits with the filter right now.
  void remove_filter(const Ref& filter);
  /// The same for all of them; returns which they were.
  std::vector<Ref> remove_all_filters();

  struct WaitLimits {
    std::optional<int> seconds;
    int objects = 100;
  };
  /// WaitForUpdatesEx; without any lock. Nothing: nothing happened in time.
  Outcome<std::optional<vim25__UpdateSet>> wait(const Viewpoint& viewpoint, const Call& call,
                                                const std::string& version, WaitLimits limits);
  /// CancelWaitForUpdates, and the end: who waits gets RequestCanceled.
  void cancel_wait();

 private:
  Outcome<void> go_to(const std::string& version);
  Outcome<std::optional<vim25__UpdateSet>> look(const Viewpoint& viewpoint, vsphere::Arena& arena,
                                                int room);
  Outcome<std::optional<vim25__UpdateSet>> without_session(const Viewpoint& viewpoint,
                                                           vsphere::Arena& arena);
  void wake();

  std::mutex lock_;
  std::map<std::string, Rest> rests_;
  uint64_t last_token_ = 0;
  bool any_token_ = false;
  std::vector<std::shared_ptr<PropertyFilter>> filters_;
  uint64_t last_version_ = 0;
  std::string known_version_;      // what the client has surely got; empty: nothing
  std::string proposed_version_;   // what it was sent last; empty: nothing since
  bool known_is_partial_ = false;  // known_version_ was truncated: it works once only
  bool proposed_is_partial_ = false;

  std::mutex bell_lock_;  // a leaf
  std::condition_variable bell_;
  uint64_t rings_ = 0;
  uint64_t waits_ = 0;  // grows with each wait and each cancel: who finds another number ends
};

}  // namespace vtpmfs::simulator
