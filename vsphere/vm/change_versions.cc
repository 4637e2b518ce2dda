#include "vsphere/vm/change_versions.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include "vsphere/property/object_properties.h"
#include "vsphere/property/property_collector.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_caller.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

using Versions = std::map<MoRef, std::string>;
using Clock = std::chrono::steady_clock;

/// One reading on its way from page to page. Each answer's callback owns it; only one call is under
/// way at a time, so there is no lock.
class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(SoapCaller& caller, const std::vector<MoRef>& vms, const Call& how,
          std::function<void(Result<Versions>)> done)
      : caller_(caller),
        vms_(vms),
        how_(how),
        deadline_(Clock::now() + how.timeout),
        done_(std::move(done)) {}

  void ask_page() {
    if (next_ >= vms_.size()) return done_(std::move(versions_));
    page_end_ = std::min(vms_.size(), next_ + kObjectsPerPage);
    Arena arena;
    PropertyQuery query;
    query.properties = {{"VirtualMachine", {std::string(vm_property::kChangeVersion)}}};
    query.objects.assign(vms_.begin() + static_cast<std::ptrdiff_t>(next_),
                         vms_.begin() + static_cast<std::ptrdiff_t>(page_end_));
    query.report_missing_objects = true;
    _vim25__RetrievePropertiesEx request;
    request._USCOREthis = to_soap(caller_.refs().property_collector);
    request.specSet.push_back(filter_spec(query, arena));
    request.options.maxObjects = kObjectsPerPage;
    generation_ = caller_.session_generation();
    send<_vim25__RetrievePropertiesExResponse>(request, [](const auto& answer) {
      return answer.returnval ? &*answer.returnval : nullptr;
    });
  }

 private:
  /// Sends the request and goes on with what `page_of` finds in the answer.
  template <class Response, class Request, class PageOf>
  void send(const Request& request, PageOf page_of) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) return done_(fail(ETIMEDOUT, "reading changeVersion took too long"));
    Call call = how_;
    call.timeout = left;
    call_async<Response>(caller_, request, call,
                         [self = shared_from_this(), page_of](Result<Message<Response>> answer) {
                           if (!answer) return self->done_(fail(std::move(answer.error())));
                           self->take(page_of(**answer));
                         });
  }

  void take(const vim25__RetrieveResult* page) {
    // VMs that were named are answered for, if only as missing: a lost session may look like this.
    if (page == nullptr) return renewed_ ? finish_page() : renew();
    for (const auto& content : page->objects) {
      if (says_not_authenticated(content)) return renew();
      const ObjectProperties object(content);
      const auto version = object.text(vm_property::kChangeVersion);
      if (version && *version) versions_[object.id()] = **version;
    }
    if (!page->token) return finish_page();
    _vim25__ContinueRetrievePropertiesEx request;
    request._USCOREthis = to_soap(caller_.refs().property_collector);
    request.token = *page->token;
    send<_vim25__ContinueRetrievePropertiesExResponse>(
        request, [](const auto& answer) { return answer.returnval; });
  }

  void finish_page() {
    next_ = page_end_;
    ask_page();
  }

  /// The session was lost: once more with a new one, and no more.
  void renew() {
    if (renewed_) return done_(fail(EACCES, "the server takes no session for reading properties"));
    renewed_ = true;
    caller_.renew_session_async(generation_, how_, [self = shared_from_this()](Status status) {
      if (!status) return self->done_(fail(std::move(status.error())));
      self->ask_page();
    });
  }

  SoapCaller& caller_;
  const std::vector<MoRef> vms_;
  const Call how_;
  const Clock::time_point deadline_;
  const std::function<void(Result<Versions>)> done_;
  Versions versions_;
  size_t next_ = 0;
  size_t page_end_ = 0;
  uint64_t generation_ = 0;
  bool renewed_ = false;
};

}  // namespace

void read_change_versions(SoapCaller& caller, const std::vector<MoRef>& vms, const Call& call,
                          std::function<void(Result<Versions>)> done) {
  std::make_shared<Reading>(caller, vms, call, std::move(done))->ask_page();
}

}  // namespace vtpmfs::vsphere
