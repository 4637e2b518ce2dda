// As much of a vCenter as the session, the caller and the file service can see.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/vsphere_http/scripted_server.h"

namespace vtpmfs::vsphere {

/// Knows sessions and a handful of methods; everything else is up to the test: `before` may answer
/// a request itself and return true. Use serve() as a ScriptedServer's script. Thread-safe.
class FakeService {
 public:
  using Before =
      std::function<bool(const http::ServedRequest&, const std::string& method, http::Wire&)>;

  void serve(const http::ServedRequest& request, http::Wire& wire);

  /// Forgets all sessions, as a vCenter does after half an hour.
  void expire_sessions();
  void forget_requests();
  [[nodiscard]] int count(const std::string& method) const;
  /// The last request of a method: "Login", "GET /folder/..."
  [[nodiscard]] http::ServedRequest last(const std::string& method) const;
  [[nodiscard]] size_t open_sessions() const;

  // To be set before the server starts.
  Before before;
  std::string password = "right";
  std::string newest_version = "9.1.0.0";
  std::optional<std::string> versions_file;  ///< nothing: one with newest_version and older ones
  std::map<std::string, std::string> files;  ///< by target; a PUT adds
  bool forbid_files = false;                 ///< 401 in any case

 private:
  void serve_soap(const http::ServedRequest& request, http::Wire& wire);
  void serve_file(const http::ServedRequest& request, http::Wire& wire);
  void log_in(const http::ServedRequest& request, http::Wire& wire);
  bool knows(const std::string& cookie) const;
  void note(const std::string& method, const http::ServedRequest& request);

  mutable std::mutex mutex_;
  std::set<std::string> sessions_;  ///< cookie headers
  int last_session_ = 0;
  std::map<std::string, std::vector<http::ServedRequest>> seen_;
};

/// A SOAP envelope around this body, and one with a fault of this type.
std::string envelope(const std::string& body);
std::string fault(const std::string& type, const std::string& text);

}  // namespace vtpmfs::vsphere
