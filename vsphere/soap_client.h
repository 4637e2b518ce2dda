// The SoapCaller over a transport and a session.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "vsphere/http/transport.h"
#include "vsphere/session.h"
#include "vsphere/soap_caller.h"
#include "vsphere/soap_post.h"
#include "vsphere/traffic_counts.h"

namespace vtpmfs::vsphere {

/// Each call is a Conversation: at most two requests with a login between them, and for PBM the
/// question for its version before the first. Borrows transport and session, and must outlive the
/// transport, whose destructor still answers.
///
/// PBM asks another service who we are, and where that is in trouble it refuses also a session that
/// is alive. So after a new login that did not help, its refusal of that same session is believed
/// at once: else each of its calls would cost a login, and each login ends the inventory's views.
class SoapClient : public SoapCaller {
 public:
  SoapClient(http::Transport& transport, Session& session, SoapEndpoint vim, ServiceRefs refs,
             TrafficCounts& counts);

  void exchange(SoapExchange exchange, const Call& call, std::function<void(Status)> done) override;
  Status exchange_and_wait(SoapExchange exchange, const Call& call) override;
  [[nodiscard]] const ServiceRefs& refs() const override { return refs_; }
  std::string new_operation_id(const Call& call) override;
  [[nodiscard]] uint64_t session_generation() const override;
  Status renew_session(uint64_t seen_generation, const Call& call) override;
  void renew_session_async(uint64_t seen_generation, const Call& call,
                           std::function<void(Status)> done) override;
  void on_new_session(std::function<void(uint64_t generation)> listener) override;

 private:
  struct Conversation;
  using ConversationPtr = std::shared_ptr<Conversation>;

  void ask(const ConversationPtr& conversation);
  void ask_pbm_version(const ConversationPtr& conversation);
  void post(const ConversationPtr& conversation, const SoapEndpoint& endpoint);
  void answered(const ConversationPtr& conversation, const Result<http::HttpResponse>& response);
  std::optional<SoapEndpoint> pbm_endpoint();

  http::Transport& transport_;
  Session& session_;
  const SoapEndpoint vim_;
  const ServiceRefs refs_;
  TrafficCounts& counts_;
  const std::string operation_prefix_;
  std::atomic<uint64_t> last_operation_{0};
  std::atomic<uint64_t> unknown_to_pbm_{0};  ///< generation that PBM refused right after its login

  std::mutex mutex_;
  std::optional<SoapEndpoint> pbm_;
};

}  // namespace vtpmfs::vsphere
