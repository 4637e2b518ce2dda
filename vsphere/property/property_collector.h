// Bulk reads: RetrievePropertiesEx, page by page.
#pragma once

#include <functional>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/property/property_query.h"

class vim25__ObjectContent;

namespace vtpmfs::vsphere {

class SoapCaller;

/// Objects per page, and per call where they are named one by one. A server's own limit (100)
/// applies where none is asked for; a limit of 0 is illegal on a vCenter.
inline constexpr int kObjectsPerPage = 250;

/// Reads with the server's common PropertyCollector (which has no state for us but the token
/// between two pages). Blocking and thread-safe; one call for kObjectsPerPage objects. A session
/// that turns out to be lost, in a fault or inside missingSet, is renewed and the query run again
/// once; so is one in which not one of the objects that were named (report_missing_objects) is
/// answered for. An invalid path fails the whole call on a vCenter (Error::fault InvalidProperty),
/// and only the property on others (missingSet): the caller looks for both.
class PropertyCollector {
 public:
  using Sink = std::function<void(const vim25__ObjectContent&)>;
  explicit PropertyCollector(SoapCaller& caller) : caller_(caller) {}

  /// Hands every object of the answer to `sink`. `start` is called before the first object, and
  /// again when everything begins anew: what was collected is to be dropped.
  Status retrieve(const PropertyQuery& query, const Call& call, const std::function<void()>& start,
                  const Sink& sink);

 private:
  SoapCaller& caller_;
};

}  // namespace vtpmfs::vsphere
