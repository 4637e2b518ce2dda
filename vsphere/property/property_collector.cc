#include "vsphere/property/property_collector.h"

#include <algorithm>
#include <cerrno>

#include "vsphere/property/object_properties.h"
#include "vsphere/property/references.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

/// A million objects; a server that never ends is broken.
constexpr int kMostPages = 4000;

enum class Page { done, more, nothing, not_authenticated };

/// Looks at the whole page before the sink sees any of it: half a page without a session is worth
/// nothing.
Page take_page(const vim25__RetrieveResult& page, const PropertyCollector::Sink& sink) {
  if (std::any_of(page.objects.begin(), page.objects.end(), says_not_authenticated)) {
    return Page::not_authenticated;
  }
  for (const auto& object : page.objects) sink(object);
  // Presence of the token counts: "0" is one.
  return page.token ? Page::more : Page::done;
}

/// The query once, to its last page; not_authenticated where the session was lost on the way,
/// nothing where the first answer holds no object at all.
Result<Page> run(SoapCaller& caller, const PropertyQuery& query, const Call& how,
                 const PropertyCollector::Sink& sink) {
  Arena arena;
  _vim25__RetrievePropertiesEx request;
  request._USCOREthis = to_soap(caller.refs().property_collector);
  request.specSet.push_back(filter_spec(query, arena));
  request.options.maxObjects = kObjectsPerPage;
  std::optional<std::string> token;
  {
    const auto answer = call<_vim25__RetrievePropertiesExResponse>(caller, request, how);
    if (!answer) return fail(answer.error());
    if (!(*answer)->returnval) return Page::nothing;
    const Page page = take_page(*(*answer)->returnval, sink);
    if (page != Page::more) return page;
    token = (*answer)->returnval->token;
  }
  for (int pages = 1; pages < kMostPages; ++pages) {
    if (how.cancel.cancelled()) return fail(EINTR, "reading properties was interrupted");
    _vim25__ContinueRetrievePropertiesEx next;
    next._USCOREthis = request._USCOREthis;
    next.token = *token;
    const auto answer = call<_vim25__ContinueRetrievePropertiesExResponse>(caller, next, how);
    if (!answer) return fail(answer.error());
    if ((*answer)->returnval == nullptr) return Page::done;
    const Page page = take_page(*(*answer)->returnval, sink);
    if (page != Page::more) return page;
    token = (*answer)->returnval->token;
  }
  return fail(EIO, "the answer to RetrievePropertiesEx has no end");
}

}  // namespace

Status PropertyCollector::retrieve(const PropertyQuery& query, const Call& how,
                                   const std::function<void()>& start, const Sink& sink) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const uint64_t generation = caller_.session_generation();
    start();
    const auto end = run(caller_, query, how, sink);
    if (!end) {
      // A token belongs to its session: where a new login came between two pages it means nothing.
      const bool new_session = caller_.session_generation() != generation;
      if (new_session && attempt == 0 && end.error().fault != nullptr) continue;
      return fail(end.error());
    }
    if (*end == Page::done) return {};
    // Objects that were named are answered for, if only as missing. A lost session may look like
    // this; one that is not is told by the same answer in a new one.
    const bool said_nothing = *end == Page::nothing;
    if (said_nothing && (!query.report_missing_objects || attempt > 0)) return {};
    if (auto renewed = caller_.renew_session(generation, how); !renewed) return renewed;
  }
  return fail(EACCES, "the server takes no session for reading properties");
}

}  // namespace vtpmfs::vsphere
