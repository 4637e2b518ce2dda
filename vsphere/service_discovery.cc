#include "vsphere/service_discovery.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "vsphere/service_versions.h"
#include "vsphere/session_cookie.h"
#include "vsphere/soap/arena.h"
#include "vsphere/soap/message.h"

namespace vtpmfs::vsphere {
namespace {

// The versions in whose schema our messages are written.
constexpr std::string_view kOwnVim = "8.0.3.0";
constexpr std::string_view kOwnPbm = "8.0.0.0";
// What every server of interest knows, for the time before we know better.
constexpr std::string_view kFirstVim = "6.5";
constexpr std::string_view kFirstPbm = "2.0";
// Older schemas have no VirtualTPM: such a server would send it as a plain device.
constexpr std::string_view kFirstWithTpm = "6.7";
constexpr uint64_t kMaxVersionsFile = uint64_t{1024} * 1024;

http::HttpRequest get_request(std::string target) {
  http::HttpRequest request;
  request.target = std::move(target);
  request.max_body = kMaxVersionsFile;
  request.gzip = true;
  request.changes = false;
  request.repeatable = true;
  return request;
}

std::string vim_action(std::string_view version) {
  return "urn:vim25/" + std::string(version);
}

MoRef plain(const vim25__ManagedObjectReference& ref) {
  return {ref.type, ref.__item};
}

std::optional<MoRef> plain(const std::optional<vim25__ManagedObjectReference>& ref) {
  if (!ref) return std::nullopt;
  return plain(*ref);
}

ServiceRefs refs_of(const vim25__ServiceContent& content) {
  return {.root_folder = plain(content.rootFolder),
          .property_collector = plain(content.propertyCollector),
          .view_manager = plain(content.viewManager),
          .session_manager = plain(content.sessionManager),
          .search_index = plain(content.searchIndex),
          .file_manager = plain(content.fileManager),
          .datastore_namespace_manager = plain(content.datastoreNamespaceManager),
          .task_manager = plain(content.taskManager),
          .authorization_manager = plain(content.authorizationManager),
          .crypto_manager = plain(content.cryptoManager)};
}

/// An ESXi host has no instanceUuid; its address then tells it from others.
ServerInfo server_of(const vim25__AboutInfo& about, const std::string& address) {
  return {.instance_uuid = about.instanceUuid.value_or(address),
          .name = about.name,
          .full_name = about.fullName,
          .api_version = about.apiVersion,
          .is_vcenter = about.apiType == "VirtualCenter"};
}

/// The version that the server's list allows; nothing where it has no such list.
Result<std::optional<std::string>> listed_version(http::Transport& transport, const Call& call) {
  auto response = transport.send_and_wait(get_request("/sdk/vimServiceVersions.xml"), call);
  if (!response) return fail(std::move(response.error()));
  if (response->status != 200) return std::nullopt;
  const auto versions = parse_service_versions(response->body, "urn:vim25");
  if (!versions) return std::nullopt;
  return choose_version(kOwnVim, *versions);
}

Error no_vsphere(const http::Transport& transport, Error error) {
  // Words of a web server, or of something else that is not vCenter; not the network's own errors.
  const bool other_server = !error.fault && error.code == Errno{EIO};
  if (other_server || error.code == Errno{EOPNOTSUPP}) {
    error.code = Errno{EOPNOTSUPP};
    error.words = transport.server_name() + ": no vSphere answers at /sdk: " + error.words;
  }
  return error;
}

}  // namespace

http::HttpRequest pbm_versions_request() {
  return get_request("/pbm/pbmServiceVersions.xml");
}

std::string pbm_action(const http::HttpResponse& versions) {
  std::string version(kFirstPbm);
  if (versions.status == 200) {
    if (auto listed = parse_service_versions(versions.body, "urn:pbm")) {
      version = choose_version(kOwnPbm, *listed);
    }
  }
  return "urn:pbm/" + version;
}

Result<DiscoveredService> discover_service(http::Transport& transport, TrafficCounts& counts,
                                           const Call& call) {
  auto listed = listed_version(transport, call);
  if (!listed) return fail(std::move(listed.error()));

  _vim25__RetrieveServiceContent request;
  request._USCOREthis = reference("ServiceInstance", "ServiceInstance");
  auto envelope = write_message({.operation_id = call.operation_id, .session_cookie = {}}, request);
  if (!envelope) return fail(std::move(envelope.error()));
  DiscoveredService found;
  found.vim = {"/sdk", vim_action(listed->value_or(std::string(kFirstVim)))};
  const std::string_view method = "RetrieveServiceContent";
  counts.soap_sent(method, envelope->size());
  const auto response =
      transport.send_and_wait(soap_request(found.vim, method, std::move(*envelope), {}), call);
  const auto status = soap_outcome(method, response, [&](std::string_view body) -> Status {
    auto answer = read_message<_vim25__RetrieveServiceContentResponse>(body);
    if (!answer) return fail(std::move(answer.error()));
    const auto& content = *(*answer)->returnval;
    found.refs = refs_of(content);
    found.server = server_of(content.about, transport.server_name());
    return {};
  });
  counts.soap_answered(method, response ? response->body.size() : 0, status.has_value());
  if (!status) return fail(no_vsphere(transport, status.error()));
  found.cookie = session_cookie(response->set_cookies);
  if (!*listed && is_version(found.server.api_version)) {
    const ServiceVersions about{found.server.api_version, {}};
    found.vim.action = vim_action(choose_version(kOwnVim, about));
  }
  if (compare_versions(found.server.api_version, kFirstWithTpm) < 0) {
    spdlog::warn("{}: API version {}; virtual TPMs came with {}", transport.server_name(),
                 found.server.api_version, kFirstWithTpm);
  }
  return found;
}

}  // namespace vtpmfs::vsphere
