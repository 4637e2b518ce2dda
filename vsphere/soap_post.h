// A SOAP message as an HTTP request, and an HTTP answer as the fate of a SOAP call.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "vsphere/error.h"
#include "vsphere/http/request.h"

namespace vtpmfs::vsphere {

/// One of vCenter's SOAP services.
struct SoapEndpoint {
  std::string path;    ///< /sdk, /pbm
  std::string action;  ///< SOAPAction: urn:vim25/8.0.3.0
};

/// The POST of an envelope. Whether it changes something and may be repeated comes from
/// method_rules.h.
http::HttpRequest soap_request(const SoapEndpoint& endpoint, std::string_view method,
                               std::string envelope, std::string cookie);

/// What came of a call: HTTP 200 and 500 carry SOAP and go to `read`, which turns a fault into an
/// Error; everything else is the words of somebody who does not speak SOAP (a proxy, a web server)
/// and is never parsed. EHOSTUNREACH for 502 to 504, EOPNOTSUPP for 404, EACCES for 401 and 403.
/// Where something may have been changed without a clear answer, maybe_done is set.
Status soap_outcome(std::string_view method, const Result<http::HttpResponse>& response,
                    const std::function<Status(std::string_view body)>& read);

}  // namespace vtpmfs::vsphere
