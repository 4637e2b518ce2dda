// The simulated vCenter as one object: what a test holds in its hands, and what main() runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulator/https/http_message.h"
#include "tests/simulator/model/inventory.h"
#include "tests/simulator/model/ref.h"

namespace vtpmfs::simulator {

class CaptureDirectory;
class FrontDoor;
class Counters;
class FaultInjector;
class HttpServer;
class Operations;
class Permissions;
class Session;
class SessionTable;
class Switches;
class TaskEngine;
class TlsIdentity;
class Verbs;

struct Options {
  uint16_t port = 0;  ///< 0: the kernel chooses
  /// The plain HTTP port of POST /control; only opened when set. 0: the kernel chooses.
  bool control = false;
  uint16_t control_port = 0;
  std::string user = "administrator@vsphere.local";
  std::string password = "vtpmfs-Secret-1";
  std::string certificate_file;  ///< PEM; empty: made at the start
  std::string key_file;
  std::string api_version = "8.0.3.0";
};

/// A vCenter on a loopback port. Order of use: construct, register what a world adds (objects,
/// operations, routes, verbs, switches), start(), stop() (or destroy).
///
/// Threads: everything is thread-safe once started; registration is not, and belongs before
/// start(). Parts given to keep() are destroyed after the last thread has ended.
class Simulator {
 public:
  explicit Simulator(Options options = {});
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// Opens the ports. Throws std::system_error when that fails: a test has nothing better to do.
  void start();
  /// Closes the ports, interrupts waiting calls, joins all threads. Twice is fine.
  void stop();

  // Where it is. Valid after start().
  [[nodiscard]] std::string url() const;          ///< https://127.0.0.1:PORT
  [[nodiscard]] std::string control_url() const;  ///< http://127.0.0.1:PORT/control
  [[nodiscard]] uint16_t port() const;
  [[nodiscard]] const TlsIdentity& tls() const;
  [[nodiscard]] const Options& options() const { return options_; }

  // What it is made of.
  [[nodiscard]] Inventory& inventory() { return inventory_; }
  [[nodiscard]] Permissions& permissions() { return *permissions_; }
  [[nodiscard]] SessionTable& sessions() { return *sessions_; }
  [[nodiscard]] Operations& operations() { return *operations_; }
  [[nodiscard]] TaskEngine& tasks() { return *tasks_; }
  [[nodiscard]] Switches& switches() { return *switches_; }
  [[nodiscard]] Verbs& verbs() { return *verbs_; }
  [[nodiscard]] Counters& counters() { return *counters_; }
  [[nodiscard]] FaultInjector& injector() { return *injector_; }
  [[nodiscard]] CaptureDirectory& capture() { return *capture_; }
  /// Valid after start().
  [[nodiscard]] HttpServer& server() { return *server_; }

  /// ServiceContent's references by field name ("rootFolder", "searchIndex", "cryptoManager", ...).
  /// The core fills in propertyCollector, viewManager, sessionManager and taskManager.
  [[nodiscard]] std::map<std::string, Ref>& service_content() { return service_content_; }
  /// about.instanceUuid.
  [[nodiscard]] const std::string& instance_uuid() const { return instance_uuid_; }

  /// A handler for all paths that are `prefix` or lie below it, any method; with the request's
  /// session (null without a live one). Runs on the connection's thread without the lock.
  using Route = std::function<HttpResponse(const HttpRequest&, const std::shared_ptr<Session>&)>;
  void route(std::string prefix, Route route);
  /// The route with the longest prefix of this path; null without one.
  [[nodiscard]] const Route* route_for(std::string_view path) const;

  /// Keeps a part (the world) alive until the last thread has ended.
  void keep(std::shared_ptr<void> part) { parts_.push_back(std::move(part)); }

 private:
  Options options_;
  std::string instance_uuid_;
  std::vector<std::shared_ptr<void>> parts_;
  Inventory inventory_;
  std::unique_ptr<Permissions> permissions_;
  std::unique_ptr<Switches> switches_;
  std::unique_ptr<Verbs> verbs_;
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<FaultInjector> injector_;
  std::unique_ptr<CaptureDirectory> capture_;
  std::unique_ptr<SessionTable> sessions_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<TaskEngine> tasks_;
  std::unique_ptr<TlsIdentity> tls_;
  std::map<std::string, Ref> service_content_;
  std::vector<std::pair<std::string, Route>> routes_;
  std::unique_ptr<FrontDoor> front_door_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpServer> control_server_;
};

}  // namespace vtpmfs::simulator
