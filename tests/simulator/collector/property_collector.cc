#include "tests/simulator/collector/property_collector.h"

#include <algorithm>
#include <chrono>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/property_table.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/soap/call.h"

namespace vtpmfs::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How often a waiting call looks whether its session or its client has gone meanwhile.
constexpr milliseconds kLookUp{50};
/// vCenter's own limit when a client names none.
constexpr std::chrono::seconds kLongestWait{1800};

}  // namespace

const PropertyTable& PropertyCollector::properties() const {
  static const PropertyTable table = Declare<PropertyCollector>().unset("filter").table();
  return table;
}

std::string PropertyCollector::keep(Rest rest) {
  const std::scoped_lock hold(lock_);
  std::string token = std::to_string(any_token_ ? ++last_token_ : last_token_);
  any_token_ = true;
  rests_.emplace(token, std::move(rest));
  return token;
}

std::optional<PropertyCollector::Rest> PropertyCollector::take(const std::string& token) {
  const std::scoped_lock hold(lock_);
  const auto found = rests_.find(token);
  if (found == rests_.end()) return std::nullopt;
  Rest rest = std::move(found->second);
  rests_.erase(found);
  return rest;
}

std::shared_ptr<PropertyFilter> PropertyCollector::add_filter(Session& session,
                                                              Inventory& inventory,
                                                              FilterSpec spec) {
  auto ring = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  };
  auto filter = std::make_shared<PropertyFilter>(session.new_ref("PropertyFilter"), ref(),
                                                 std::move(spec), std::move(ring));
  inventory.subscribe(filter);
  session.bind(filter);
  {
    const std::scoped_lock hold(lock_);
    filters_.push_back(filter);
  }
  wake();
  return filter;
}

void PropertyCollector::remove_filter(const Ref& filter) {
  const std::scoped_lock hold(lock_);
  filters_.erase(std::remove_if(filters_.begin(), filters_.end(),
                                [&](const auto& each) { return each->ref() == filter; }),
                 filters_.end());
}

std::vector<Ref> PropertyCollector::remove_all_filters() {
  const std::scoped_lock hold(lock_);
  std::vector<Ref> removed;
  for (const auto& filter : filters_) removed.push_back(filter->ref());
  filters_.clear();
  return removed;
}

void PropertyCollector::wake() {
  {
    const std::scoped_lock hold(bell_lock_);
    ++rings_;
  }
  bell_.notify_all();
}

void PropertyCollector::cancel_wait() {
  {
    const std::scoped_lock hold(bell_lock_);
    ++waits_;
  }
  bell_.notify_all();
}

/// Finds out what the client knows from the version that it names; with lock_ held.
Outcome<void> PropertyCollector::go_to(const std::string& version) {
  if (version.empty()) {
    for (const auto& filter : filters_) filter->forget();
    known_version_.clear();
    known_is_partial_ = false;
  } else if (version == proposed_version_) {
    for (const auto& filter : filters_) filter->accept();
    known_version_ = proposed_version_;
    known_is_partial_ = proposed_is_partial_;
  } else if (version == known_version_ && !(known_is_partial_ && !proposed_version_.empty())) {
    for (const auto& filter : filters_) filter->take_back();
  } else {
    return refuse(fault_of("InvalidCollectorVersion", ""));
  }
  proposed_version_.clear();
  return {};
}

/// With lock_ and the inventory's lock held.
Outcome<std::optional<vim25__UpdateSet>> PropertyCollector::look(const Viewpoint& viewpoint,
                                                                 vsphere::Arena& arena, int room) {
  vim25__UpdateSet updates;
  bool more = false;
  for (const auto& filter : filters_) {
    vim25__PropertyFilterUpdate update;
    if (auto done = filter->propose(viewpoint, arena, room, update, more); !done) {
      return refuse(std::move(done.error()));
    }
    room -= static_cast<int>(update.objectSet.size());
    if (!update.objectSet.empty() || !update.missingSet.empty())
      updates.filterSet.push_back(std::move(update));
  }
  if (updates.filterSet.empty()) return std::optional<vim25__UpdateSet>();
  proposed_version_ = std::to_string(++last_version_);
  proposed_is_partial_ = more;
  updates.version = proposed_version_;
  if (more) updates.truncated = true;
  return std::optional(std::move(updates));
}

/// What a waiting call is told when its session ends: mostly a fault, on some servers an update in
/// whose missingSet it stands.
Outcome<std::optional<vim25__UpdateSet>> PropertyCollector::without_session(
    const Viewpoint& viewpoint, vsphere::Arena& arena) {
  const Fault fault = not_authenticated(ref(), "System.View");
  if (viewpoint.simulator.switches().is("unauthenticated-wait", "fault")) return refuse(fault);
  const auto world = viewpoint.simulator.inventory().read();
  const std::scoped_lock hold(lock_);
  vim25__UpdateSet updates;
  for (const auto& filter : filters_) {
    vim25__PropertyFilterUpdate update;
    if (filter->tell_missing(viewpoint, fault, arena, update)) {
      updates.filterSet.push_back(std::move(update));
    }
  }
  if (updates.filterSet.empty()) return refuse(fault);
  updates.version = std::to_string(++last_version_);
  return std::optional(std::move(updates));
}

Outcome<std::optional<vim25__UpdateSet>> PropertyCollector::wait(const Viewpoint& viewpoint,
                                                                 const Call& call,
                                                                 const std::string& version,
                                                                 WaitLimits limits) {
  const auto deadline = steady_clock::now() +
                        (limits.seconds ? std::min<std::chrono::seconds>(
                                              std::chrono::seconds(*limits.seconds), kLongestWait)
                                        : kLongestWait);
  uint64_t mine = 0;
  uint64_t heard = 0;
  {
    const std::scoped_lock hold(bell_lock_);
    mine = ++waits_;  // whoever waited before ends
    heard = rings_;
  }
  bell_.notify_all();
  {
    const std::scoped_lock hold(lock_);
    {
      // A younger wait may have answered already; its version must stay what was sent last.
      const std::scoped_lock bell(bell_lock_);
      if (waits_ != mine) return refuse(request_canceled());
    }
    if (auto gone = go_to(version); !gone) return refuse(std::move(gone.error()));
  }
  for (;;) {
    {
      const auto world = viewpoint.simulator.inventory().read();
      const std::scoped_lock hold(lock_);
      {
        const std::scoped_lock bell(bell_lock_);
        if (waits_ != mine) return refuse(request_canceled());
      }
      auto updates = look(viewpoint, call.arena(), limits.objects);
      if (!updates || *updates) return updates;
    }
    std::unique_lock bell(bell_lock_);
    while (rings_ == heard && waits_ == mine) {
      const auto now = steady_clock::now();
      if (now >= deadline) return std::optional<vim25__UpdateSet>();
      bell_.wait_until(bell, std::min(now + kLookUp, deadline));
      bell.unlock();
      const bool nobody = viewpoint.session->ended() || call.http().peer_left();
      bell.lock();
      if (nobody) {
        bell.unlock();
        return without_session(viewpoint, call.arena());
      }
    }
    if (waits_ != mine) return refuse(request_canceled());
    heard = rings_;
  }
}

}  // namespace vtpmfs::simulator
