#include "vsphere/http/transport.h"

#include <cerrno>
#include <future>

#include "vsphere/http/curl_transport.h"
#include "vsphere/http/server_name.h"

namespace vtpmfs::vsphere::http {

Result<std::unique_ptr<Transport>> Transport::create(const TransportSettings& settings) {
  if (!is_plain_host(settings.host)) {
    return fail(EINVAL, "the server's name is not a host name or an address");
  }
  if (settings.port < 1 || settings.port > 65535) {
    return fail(EINVAL, "port " + std::to_string(settings.port) + " is not between 1 and 65535");
  }
  if (settings.max_connections < 1) return fail(EINVAL, "at least one connection is needed");
  return CurlTransport::create(settings);
}

Result<HttpResponse> Transport::send_and_wait(HttpRequest request, const Call& call) {
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  auto answer = promise->get_future();
  send(std::move(request), call,
       [promise](Result<HttpResponse> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

}  // namespace vtpmfs::vsphere::http
