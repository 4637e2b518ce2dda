#include "vsphere/connection.h"

#include <utility>

#include "vsphere/connection_parts.h"
#include "vsphere/http/transport.h"
#include "vsphere/http_file_service.h"
#include "vsphere/service_discovery.h"
#include "vsphere/session.h"
#include "vsphere/soap_client.h"
#include "vsphere/traffic_counts.h"

namespace vtpmfs::vsphere {
namespace {

/// Holds the pieces in the order in which they need each other. At the end the transport goes
/// before all who may wait for its answers, since its destructor gives them.
class LiveConnection : public Connection {
 public:
  explicit LiveConnection(std::unique_ptr<http::Transport> transport)
      : transport_(std::move(transport)) {}
  LiveConnection(const LiveConnection&) = delete;
  LiveConnection& operator=(const LiveConnection&) = delete;

  ~LiveConnection() override {
    transport_->shut_down();
    if (session_) session_->log_out();
    transport_.reset();
  }

  Status log_in(const ConnectionSettings& settings) {
    Call call;
    call.timeout = settings.timeout;
    call.cancel = settings.cancel;
    call.operation_id = "vtpmfs-open";
    auto service = discover_service(*transport_, counts_, call);
    if (!service) return fail(std::move(service.error()));
    SessionSettings session;
    session.user = settings.user;
    session.password = settings.password;
    session.timeout = settings.timeout;
    session.session_manager =
        service->refs.session_manager.value_or(MoRef{"SessionManager", "SessionManager"});
    session.endpoint = service->vim;
    session.first_cookie = service->cookie;
    session_ = std::make_unique<Session>(*transport_, counts_, std::move(session));
    if (auto status = session_->renew_and_wait(0, call); !status) return status;
    // Whoever asks for changes there is mistaken: a restore needs a vCenter.
    if (!service->server.is_vcenter) transport_->refuse_changes();
    make_parts(settings, *service);
    return {};
  }

  InventorySource& inventory() override { return *inventory_; }
  VmSource& vms() override { return *vms_; }
  RestoreTarget& restore_target() override { return *restore_target_; }
  [[nodiscard]] Traffic traffic() const override { return counts_.now(); }
  [[nodiscard]] SessionFacts session() const override { return session_->facts(); }
  bool forget_refusal() override { return session_->forget_refusal(); }
  void shut_down() override { transport_->shut_down(); }

 private:
  void make_parts(const ConnectionSettings& settings, const DiscoveredService& service) {
    caller_ =
        std::make_unique<SoapClient>(*transport_, *session_, service.vim, service.refs, counts_);
    files_ = std::make_unique<HttpFileService>(*transport_, *session_, counts_);
    const PartSettings parts{service.server, settings.timeout, settings.save_extra_config};
    inventory_ = make_inventory_source(*caller_, parts);
    vms_ = make_vm_source(*caller_, *files_, parts);
    restore_target_ = make_restore_target(*caller_, *files_, *vms_, parts);
  }

  TrafficCounts counts_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<SoapClient> caller_;
  std::unique_ptr<HttpFileService> files_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<InventorySource> inventory_;
  std::unique_ptr<VmSource> vms_;
  std::unique_ptr<RestoreTarget> restore_target_;
};

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(ConnectionSettings settings) {
  http::TransportSettings transport;
  transport.host = settings.host;
  transport.port = settings.port;
  transport.tls = std::move(settings.tls);
  transport.max_connections = settings.max_connections;
  transport.read_only = settings.read_only;
  transport.user_agent = std::move(settings.user_agent);
  auto made = http::Transport::create(transport);
  if (!made) return fail(std::move(made.error()));
  auto connection = std::make_unique<LiveConnection>(std::move(*made));
  if (auto status = connection->log_in(settings); !status) return fail(std::move(status.error()));
  return connection;
}

}  // namespace vtpmfs::vsphere
