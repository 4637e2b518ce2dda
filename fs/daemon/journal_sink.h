// systemd's journal as a target of the log, by its native protocol.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>

#include "vsphere/error.h"

namespace vtpmfs::fs {

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// One datagram an event, with MESSAGE, PRIORITY, SYSLOG_IDENTIFIER and, where the event belongs to
/// one, VCENTER_OPERATION_ID. An event that the journal does not take is lost; nobody waits for it.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// ENOENT, ECONNREFUSED where no journal listens there.
  static Result<std::shared_ptr<JournalSink>> open(const std::string& socket_path = kJournalSocket);
  JournalSink(const JournalSink&) = delete;
  JournalSink& operator=(const JournalSink&) = delete;
  ~JournalSink() override;

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  explicit JournalSink(int socket) : socket_(socket) {}
  const int socket_;
};

}  // namespace vtpmfs::fs
