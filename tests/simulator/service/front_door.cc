#include "tests/simulator/service/front_door.h"

#include "tests/simulator/control/capture.h"
#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/fault_injector.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/api_versions.h"
#include "tests/simulator/soap/default_namespace.h"
#include "tests/simulator/soap/fault_message.h"
#include "tests/simulator/soap/newer_fields.h"
#include "tests/simulator/soap/operations.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::simulator {
namespace {

using Kind = Injection::Kind;

std::string endpoint_prefix(const HttpRequest& request) {
  if (request.method != "POST") return {};
  const std::string& path = request.path;
  if (path == "/sdk" || path == "/sdk/" || path == "/sdk/vimService") return "vim25";
  if (path == "/pbm" || path == "/pbm/" || path == "/pbm/sdk") return "pbm";
  return {};
}

HttpResponse xml_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/xml; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.body = std::move(body);
  return response;
}

/// What a reverse proxy says: not SOAP.
HttpResponse html_response(int status, std::string_view text) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.body = "<html><body>" + std::string(text) + "</body></html>\n";
  return response;
}

/// The HTTP cookie is sent with quotes or without; the SOAP header is compared as it stands.
std::string http_cookie(const HttpRequest& request) {
  std::string cookie = request.cookie("vmware_soap_session");
  if (cookie.size() >= 2 && cookie.front() == '"' && cookie.back() == '"') {
    return cookie.substr(1, cookie.size() - 2);
  }
  return cookie;
}

}  // namespace

FrontDoor::FrontDoor(Simulator& simulator) : simulator_(simulator) {
  simulator.switches().declare("pbm", {"available", "unavailable"},
                               "the policy service answers HTTP 503");
  simulator.switches().declare("api-type", {"VirtualCenter", "HostAgent"},
                               "about.apiType: what a client is told that it talks to");
  simulator.switches().declare("prefixes", {"vcenter", "gsoap"},
                               "answers declare their namespace as the default, as a vCenter's do, "
                               "or use prefixes throughout");
  simulator.switches().declare("unknown-fields", {"none", "some"},
                               "elements and a device type of a newer server in the answers");
  simulator.switches().declare("gzip", {"on", "off"}, "answer in gzip where the client takes it");
  simulator.switches().declare("framing", {"length", "chunked"},
                               "how SOAP answers state their size");
}

FrontDoor::Visit FrontDoor::look_at(const HttpRequest& request) const {
  Visit visit{request, endpoint_prefix(request), {}, {}, {}};
  if (visit.prefix.empty()) {
    visit.kind = request.method + " " + request.path.substr(0, request.path.find('/', 1));
    return visit;
  }
  if (const auto message = vsphere::peek_operation(request.body)) {
    visit.operation = message->name;
    visit.session_cookie = message->headers.session_cookie;
    visit.kind = message->name;
    // An element of another namespace is no operation of this endpoint.
    if (message->name_space != "urn:" + visit.prefix) visit.operation.clear();
  } else {
    visit.kind = "not SOAP";
  }
  return visit;
}

HttpResponse FrontDoor::answer(const HttpRequest& request) {
  const Visit visit = look_at(request);
  const bool soap = !visit.prefix.empty();
  simulator_.counters().count(visit.kind);
  if (!soap) simulator_.counters().count_file(request.target);
  const Counters::UnderWay under_way(simulator_.counters(), visit.kind);
  simulator_.injector().wait_latency();
  const uint64_t number = soap ? simulator_.capture().next() : 0;
  if (soap) simulator_.capture().request(number, visit.kind, request.body);
  HttpResponse response = with_trouble(visit);
  const bool is_message = response.status == 200 || response.status == 500;
  if (soap && is_message && simulator_.switches().is("prefixes", "vcenter")) {
    response.body = with_default_namespace(response.body, visit.prefix);
  }
  if (soap && is_message) {
    simulator_.capture().response(number, visit.kind, response.body);
  }
  // Behind the capture: no schema has these.
  if (soap && is_message && simulator_.switches().is("unknown-fields", "some")) {
    response.body = with_newer_fields(std::move(response.body));
  }
  response.compress = simulator_.switches().is("gzip", "on");
  if (soap) response.chunked = simulator_.switches().is("framing", "chunked");
  return response;
}

HttpResponse FrontDoor::with_trouble(const Visit& visit) {
  FaultInjector& injector = simulator_.injector();
  const auto hit = injector.next(visit.kind, visit.http.target);
  if (!hit) return carry_out(visit);
  const Injection& ordered = hit->injection;
  switch (ordered.kind) {
    case Kind::fault:
      return xml_response(
          500, fault_envelope(ordered.fault, visit.prefix.empty() ? "vim25" : visit.prefix));
    case Kind::status:
      return html_response(ordered.status, ordered.body);
    case Kind::hold:
      injector.wait_release(hit->number);
      break;
    case Kind::delay:
      injector.wait(ordered.time);
      break;
    case Kind::reset_before: {
      HttpResponse nothing;
      nothing.delivery = HttpResponse::Delivery::none;
      return nothing;
    }
    case Kind::reset_after:
    case Kind::truncate:
    case Kind::stall:
    case Kind::silence:
      break;
  }
  HttpResponse response = carry_out(visit);
  if (ordered.kind == Kind::reset_after) response.delivery = HttpResponse::Delivery::none;
  if (ordered.kind == Kind::truncate) response.delivery = HttpResponse::Delivery::truncated;
  if (ordered.kind == Kind::stall || ordered.kind == Kind::silence) {
    response.delivery = ordered.kind == Kind::stall ? HttpResponse::Delivery::stalled
                                                    : HttpResponse::Delivery::silent;
    response.hold = [&injector, number = hit->number] { injector.wait_release(number); };
  }
  return response;
}

HttpResponse FrontDoor::carry_out(const Visit& visit) {
  // A policy service that is down speaks no SOAP: the proxy answers for it.
  const bool policies = visit.prefix == "pbm" || visit.http.path.rfind("/pbm", 0) == 0;
  if (policies && simulator_.switches().is("pbm", "unavailable")) {
    return html_response(503, "Service Unavailable");
  }
  return visit.prefix.empty() ? fetch(visit) : call(visit);
}

HttpResponse FrontDoor::call(const Visit& visit) {
  if (!visit.http.body_complete) return html_response(400, "the request is not complete");
  const std::string name_space = "urn:" + visit.prefix;
  const auto faulty = [&](const Fault& fault) {
    return xml_response(500, fault_envelope(fault, visit.prefix));
  };
  // The version that PBM speaks is vCenter's own.
  if (!is_served(visit.http.header("soapaction"), name_space, simulator_.options().api_version)) {
    return faulty(invalid_request("Unsupported version URI \"" +
                                  std::string(visit.http.header("soapaction")) + "\""));
  }
  if (visit.kind == "not SOAP") return faulty(invalid_request("The request is no SOAP message"));
  // PBM is another process: it knows the session by the SOAP header alone.
  const std::string cookie = visit.prefix == "pbm" ? visit.session_cookie : http_cookie(visit.http);
  const SoapRequest request{visit.http.body, visit.prefix, visit.operation,
                            simulator_.sessions().find(cookie), &visit.http};
  SoapReply reply;
  auto message = simulator_.operations().invoke(request, reply);
  if (!message) return faulty(message.error());
  if (reply.status != 0) return html_response(reply.status, "Service Unavailable");
  HttpResponse response = xml_response(200, std::move(*message));
  if (!reply.cookie.empty()) {
    response.headers.emplace_back(
        "Set-Cookie", "vmware_soap_session=\"" + reply.cookie + "\"; Path=/; HttpOnly; Secure;");
  }
  return response;
}

HttpResponse FrontDoor::fetch(const Visit& visit) {
  const HttpRequest& request = visit.http;
  const std::string& newest = simulator_.options().api_version;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && request.path == "/sdk/vimServiceVersions.xml") {
    return xml_response(200, service_versions("urn:vim25", newest));
  }
  if (reads && request.path == "/pbm/pbmServiceVersions.xml") {
    return xml_response(200, service_versions("urn:pbm", newest));
  }
  if (const auto* route = simulator_.route_for(request.path)) {
    return (*route)(request, simulator_.sessions().find(http_cookie(request)));
  }
  return html_response(404, "Not Found");
}

}  // namespace vtpmfs::simulator
