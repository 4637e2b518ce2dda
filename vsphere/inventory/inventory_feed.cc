// InventorySource over one connection: a container view over the root folder, watched by a property
// collector of its own (a collector takes only one waiting call at a time).
//
// The three objects made for it belong to the session and vanish with it. Then they are made anew,
// and the whole inventory comes again (restarted). One thread at a time, as the interface says; no
// locks.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "vsphere/connection_parts.h"
#include "vsphere/fault.h"
#include "vsphere/inventory/change_reading.h"
#include "vsphere/inventory/feed_paths.h"
#include "vsphere/inventory_source.h"
#include "vsphere/property/fault_error.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestWait{60};  ///< below the idle limits of proxies
constexpr seconds kGrace{30};        ///< by which the client's patience exceeds the server's
constexpr int kUpdatesPerAnswer = 500;
/// Restarts within one call of next() before it gives up; the following call tries again.
constexpr int kRestarts = 3;
/// So often is an inventory that begins with nothing at all not believed.
constexpr int kEmptyBeginnings = 3;

class InventoryFeed : public InventorySource {
 public:
  InventoryFeed(SoapCaller& caller, const PartSettings& settings)
      : caller_(caller), timeout_(settings.timeout) {}

  [[nodiscard]] MoRef root() const override { return caller_.refs().root_folder; }

  Result<InventoryUpdate> next(const Call& call) override {
    for (int restart = 0;; ++restart) {
      auto update = try_next(call);
      if (update) return std::move(*update);
      const Error& error = update.error();
      if (call.cancel.cancelled()) return fail(EINTR, "waiting for changes was interrupted");
      // Somebody else cancelled the wait (a proxy, an administrator): nothing is lost.
      if (fault_type(error) == "RequestCanceled" && !begins_) return nothing_new();
      if (!forget_what_is_lost(error) || restart >= kRestarts) return fail(error);
    }
  }

  void begin_anew() override { wanted_anew_ = true; }

 private:
  /// Drops what the error says is not there any more. False where it says nothing of the kind.
  bool forget_what_is_lost(const Error& error) {
    const std::string_view fault = fault_type(error);
    if (fault == "InvalidCollectorVersion") {
      forget_version();
      return true;
    }
    if (fault == "ManagedObjectNotFound" || fault == "NotAuthenticated") {
      forget_session_objects();
      return true;
    }
    return false;
  }

  void forget_version() {
    version_.clear();
    begins_ = true;
    truncated_ = false;
  }

  /// More is to come still where the last answer said so.
  [[nodiscard]] InventoryUpdate nothing_new() const {
    InventoryUpdate update;
    update.complete = !begins_ && !truncated_;
    return update;
  }

  void forget_session_objects() {
    collector_.reset();
    view_.reset();
    watching_ = false;
    forget_version();
  }

  Call own_call(const Call& call) const { return {timeout_, call.cancel, call.operation_id}; }

  Result<InventoryUpdate> try_next(const Call& call) {
    if (caller_.session_generation() != generation_) forget_session_objects();
    // VMware's vcsim tells a filter's objects once, whatever the version.
    if (std::exchange(wanted_anew_, false) && collector_) drop_collector(own_call(call));
    if (auto ready = watch(own_call(call)); !ready) return fail(ready.error());
    _vim25__WaitForUpdatesEx request;
    request._USCOREthis = to_soap(*collector_);
    request.version = version_;
    request.options.emplace();
    const seconds wait =
        std::clamp(std::chrono::ceil<seconds>(call.timeout), seconds{1}, kLongestWait);
    request.options->maxWaitSeconds = static_cast<int>(wait.count());
    request.options->maxObjectUpdates = kUpdatesPerAnswer;
    Call patient = call;
    patient.timeout = wait + kGrace;
    const auto answer =
        vsphere::call<_vim25__WaitForUpdatesExResponse>(caller_, request, patient, true);
    if (!answer) return fail(answer.error());
    const auto& updates = (*answer)->returnval;
    // A view may be empty for a moment after vpxd's start; an empty vCenter stays empty.
    if (!updates && (!begins_ || ++empty_beginnings_ < kEmptyBeginnings)) return nothing_new();
    empty_beginnings_ = 0;
    InventoryUpdate update;
    if (updates) {
      if (says_not_authenticated(*updates)) return renew(call);
      version_ = updates->version;
      truncated_ = updates->truncated.value_or(false);
      update.changes = read_changes(*updates);
    }
    update.complete = !truncated_;
    update.restarted = std::exchange(begins_, false);
    return update;
  }

  /// The session was lost without a fault: logs in anew, and lets next() begin again.
  Result<InventoryUpdate> renew(const Call& call) {
    if (auto renewed = caller_.renew_session(generation_, own_call(call)); !renewed) {
      return fail(renewed.error());
    }
    auto lost = std::make_shared<Fault>();
    lost->type = "NotAuthenticated";
    return fail(Error{Errno{EACCES}, "the session was lost", std::move(lost)});
  }

  /// Makes what is not there yet of collector, view and filter.
  Status watch(const Call& call) {
    if (watching_) return {};
    generation_ = caller_.session_generation();
    if (!collector_) {
      _vim25__CreatePropertyCollector request;
      request._USCOREthis = to_soap(caller_.refs().property_collector);
      const auto made =
          vsphere::call<_vim25__CreatePropertyCollectorResponse>(caller_, request, call);
      if (!made) return fail(made.error());
      collector_ = from_soap(*(*made)->returnval);
    }
    if (!view_) {
      if (!caller_.refs().view_manager) return fail(EOPNOTSUPP, "the server has no view manager");
      _vim25__CreateContainerView request;
      request._USCOREthis = to_soap(*caller_.refs().view_manager);
      request.container = to_soap(caller_.refs().root_folder);
      request.type = feed_types();
      request.recursive = true;
      const auto made = vsphere::call<_vim25__CreateContainerViewResponse>(caller_, request, call);
      if (!made) return fail(made.error());
      view_ = from_soap(*(*made)->returnval);
    }
    return make_filter(call);
  }

  /// A vCenter refuses the filter for a path that it does not know: it goes without.
  Status make_filter(const Call& call) {
    while (true) {
      PropertyQuery query;
      query.properties = feed_properties(unknown_paths_);
      query.objects = {*view_};
      query.skip_objects = true;
      query.first = {"members"};
      query.steps = {{"members", "ContainerView", "view", {}}};
      Arena arena;
      _vim25__CreateFilter request;
      request._USCOREthis = to_soap(*collector_);
      request.spec = filter_spec(query, arena);
      request.partialUpdates = false;
      const auto made = vsphere::call<_vim25__CreateFilterResponse>(caller_, request, call);
      if (made) {
        watching_ = true;
        return {};
      }
      if (!is_unknown_path(made.error())) {
        // Without an answer it may have been made: a second one would tell everything twice.
        if (!made.error().fault) drop_collector(call);
        return fail(made.error());
      }
      const std::string& path = made.error().fault->name;
      if (feed_needs(path) || !unknown_paths_.insert(path).second) return fail(made.error());
    }
  }

  /// Its filters go with it, where the server hears of it.
  void drop_collector(const Call& call) {
    _vim25__DestroyPropertyCollector request;
    request._USCOREthis = to_soap(*collector_);
    (void)vsphere::call<_vim25__DestroyPropertyCollectorResponse>(caller_, request, call);
    collector_.reset();
    watching_ = false;
    forget_version();
  }

  SoapCaller& caller_;
  const std::chrono::milliseconds timeout_;
  std::optional<MoRef> collector_;
  std::optional<MoRef> view_;
  bool watching_ = false;    ///< the filter is made
  uint64_t generation_ = 0;  ///< the session that the objects belong to
  std::string version_;
  bool wanted_anew_ = false;  ///< by the caller
  bool begins_ = true;        ///< the next answer is the beginning of a whole inventory
  bool truncated_ = false;    ///< the last answer was not the end of what it told
  int empty_beginnings_ = 0;  ///< in a row
  std::set<std::string> unknown_paths_;
};

}  // namespace

std::unique_ptr<InventorySource> make_inventory_source(SoapCaller& caller,
                                                       const PartSettings& settings) {
  return std::make_unique<InventoryFeed>(caller, settings);
}

}  // namespace vtpmfs::vsphere
