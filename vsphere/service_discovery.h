// What stands at the other end: found out before the login.
#pragma once

#include <string>

#include "vsphere/error.h"
#include "vsphere/http/transport.h"
#include "vsphere/service_refs.h"
#include "vsphere/soap_post.h"
#include "vsphere/traffic_counts.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {

struct DiscoveredService {
  SoapEndpoint vim;
  ServerInfo server;
  ServiceRefs refs;
  std::string cookie;  ///< where the server gave one before any login
};

/// Negotiates the API version (GET /sdk/vimServiceVersions.xml, else about.apiVersion) and reads
/// ServiceContent. Blocks, two requests. EOPNOTSUPP where no vSphere answers; the transport's
/// errors.
Result<DiscoveredService> discover_service(http::Transport& transport, TrafficCounts& counts,
                                           const Call& call);

/// The version that a /pbm request names, from the answer to GET pbm_versions_request().
std::string pbm_action(const http::HttpResponse& versions);
http::HttpRequest pbm_versions_request();

}  // namespace vtpmfs::vsphere
