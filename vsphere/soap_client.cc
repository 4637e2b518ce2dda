#include "vsphere/soap_client.h"

#include <fmt/format.h>

#include <future>
#include <random>
#include <utility>

#include "vsphere/deadline.h"
#include "vsphere/fault.h"
#include "vsphere/service_discovery.h"
#include "vsphere/session_cookie.h"

namespace vtpmfs::vsphere {
namespace {

/// Tells this run of the daemon from others in vCenter's log.
std::string random_prefix() {
  return fmt::format("vtpmfs-{:08x}", std::random_device{}());
}

bool is_pbm(const WireName& method) {
  return method.prefix == "pbm";
}

/// Exact types: NoPermission is derived from SecurityError and NotAuthenticated from NoPermission.
/// PBM has several ways to say that it does not know the session.
bool session_is_lost(const WireName& method, const Error& error) {
  if (!error.fault) return false;
  const std::string& type = error.fault->type;
  if (type == "NotAuthenticated") return true;
  return is_pbm(method) &&
         (type == "SecurityError" || type == "InvalidLogin" || type == "PbmFaultInvalidLogin");
}

}  // namespace

struct SoapClient::Conversation {
  SoapExchange exchange;
  Call call;
  Deadline deadline;
  std::function<void(Status)> done;
  MessageHeaders headers;
  Session::Ticket ticket;
  bool renewed = false;

  [[nodiscard]] Call rest() const { return deadline.shorten(call); }
};

SoapClient::SoapClient(http::Transport& transport, Session& session, SoapEndpoint vim,
                       ServiceRefs refs, TrafficCounts& counts)
    : transport_(transport),
      session_(session),
      vim_(std::move(vim)),
      refs_(std::move(refs)),
      counts_(counts),
      operation_prefix_(random_prefix()) {}

std::string SoapClient::new_operation_id(const Call& call) {
  const auto& prefix = call.operation_id.empty() ? operation_prefix_ : call.operation_id;
  return fmt::format("{}-{}", prefix, ++last_operation_);
}

uint64_t SoapClient::session_generation() const {
  return session_.ticket().generation;
}

Status SoapClient::renew_session(uint64_t seen_generation, const Call& call) {
  return session_.renew_and_wait(seen_generation, call);
}

void SoapClient::renew_session_async(uint64_t seen_generation, const Call& call,
                                     std::function<void(Status)> done) {
  session_.renew(seen_generation, call, std::move(done));
}

void SoapClient::on_new_session(std::function<void(uint64_t generation)> listener) {
  session_.on_new_session(std::move(listener));
}

void SoapClient::exchange(SoapExchange exchange, const Call& call,
                          std::function<void(Status)> done) {
  std::string operation_id =
      exchange.operation_id.empty() ? new_operation_id(call) : exchange.operation_id;
  auto conversation =
      std::make_shared<Conversation>(Conversation{std::move(exchange),
                                                  call,
                                                  Deadline(call.timeout),
                                                  std::move(done),
                                                  MessageHeaders{std::move(operation_id), {}},
                                                  {},
                                                  false});
  ask(conversation);
}

Status SoapClient::exchange_and_wait(SoapExchange exchange_, const Call& call) {
  auto promise = std::make_shared<std::promise<Status>>();
  auto result = promise->get_future();
  exchange(std::move(exchange_), call,
           [promise](Status status) { promise->set_value(std::move(status)); });
  return result.get();
}

std::optional<SoapEndpoint> SoapClient::pbm_endpoint() {
  std::lock_guard lock(mutex_);
  return pbm_;
}

void SoapClient::ask(const ConversationPtr& conversation) {
  if (!is_pbm(conversation->exchange.method)) return post(conversation, vim_);
  if (auto endpoint = pbm_endpoint()) return post(conversation, *endpoint);
  ask_pbm_version(conversation);
}

void SoapClient::ask_pbm_version(const ConversationPtr& conversation) {
  transport_.send(pbm_versions_request(), conversation->rest(),
                  [this, conversation](const Result<http::HttpResponse>& response) {
                    if (!response) return conversation->done(fail(response.error()));
                    SoapEndpoint endpoint{"/pbm", pbm_action(*response)};
                    if (response->status == 200 || response->status == 404) {
                      std::lock_guard lock(mutex_);
                      pbm_ = endpoint;
                    }
                    post(conversation, endpoint);
                  });
}

void SoapClient::post(const ConversationPtr& conversation, const SoapEndpoint& endpoint) {
  const SoapExchange& exchange = conversation->exchange;
  conversation->ticket = session_.ticket();
  if (is_pbm(exchange.method)) {
    conversation->headers.session_cookie = bare_cookie_value(conversation->ticket.cookie);
  }
  auto envelope = exchange.write(conversation->headers);
  if (!envelope) {
    return transport_.post(
        [conversation, error = std::move(envelope.error())] { conversation->done(fail(error)); });
  }
  // The HTTP cookie goes to PBM too: older simulators know the session by nothing else.
  auto request = soap_request(endpoint, exchange.method.local, std::move(*envelope),
                              conversation->ticket.cookie);
  request.blocks_at_server = exchange.blocks_at_server;
  counts_.soap_sent(exchange.method.local, request.body.size());
  transport_.send(std::move(request), conversation->rest(),
                  [this, conversation](const Result<http::HttpResponse>& response) {
                    answered(conversation, response);
                  });
}

void SoapClient::answered(const ConversationPtr& conversation,
                          const Result<http::HttpResponse>& response) {
  const SoapExchange& exchange = conversation->exchange;
  const bool of_pbm = is_pbm(exchange.method);
  const uint64_t generation = conversation->ticket.generation;
  auto status = soap_outcome(exchange.method.local, response, exchange.read);
  counts_.soap_answered(exchange.method.local, response ? response->body.size() : 0,
                        status.has_value());
  if (!status) status.error().operation_id = conversation->headers.operation_id;
  if (status || !session_is_lost(exchange.method, status.error())) {
    return conversation->done(std::move(status));
  }
  if (conversation->renewed && of_pbm) unknown_to_pbm_ = generation;
  if (conversation->renewed || (of_pbm && unknown_to_pbm_ == generation)) {
    return conversation->done(std::move(status));
  }
  conversation->renewed = true;
  session_.renew(generation, conversation->rest(), [this, conversation](Status renewed) {
    if (!renewed) return conversation->done(std::move(renewed));
    ask(conversation);
  });
}

}  // namespace vtpmfs::vsphere
