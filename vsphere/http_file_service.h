// The FileService over a transport and a session.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vsphere/file_service.h"
#include "vsphere/http/transport.h"
#include "vsphere/session.h"
#include "vsphere/traffic_counts.h"

namespace vtpmfs::vsphere {

/// Borrows transport and session, and must outlive the transport, whose destructor still answers.
///
/// Some servers say 401 also where a privilege is missing. A new login does not help then, so after
/// one that did not, a 401 of that same session is believed at once: else each file would cost a
/// login, and each login ends the inventory's views.
class HttpFileService : public FileService {
 public:
  HttpFileService(http::Transport& transport, Session& session, TrafficCounts& counts);

  void fetch(const DatastorePlace& place, const std::string& path, uint64_t max_bytes,
             const Call& call, std::function<void(Result<std::string>)> done) override;
  Result<std::string> fetch_and_wait(const DatastorePlace& place, const std::string& path,
                                     uint64_t max_bytes, const Call& call) override;
  Status put(const DatastorePlace& place, const std::string& path, const std::string& bytes,
             const Call& call) override;

 private:
  struct Visit;
  using VisitPtr = std::shared_ptr<Visit>;
  using Answer = Result<http::HttpResponse>;

  void go(const VisitPtr& visit);
  void answered(const VisitPtr& visit, Answer answer);

  http::Transport& transport_;
  Session& session_;
  TrafficCounts& counts_;
  std::atomic<uint64_t> powerless_session_{0};  ///< generation that got 401 right after its login
};

}  // namespace vtpmfs::vsphere
