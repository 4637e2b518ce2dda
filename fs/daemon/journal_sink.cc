#include "fs/daemon/journal_sink.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {
namespace {

int priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return LOG_CRIT;
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::info:
      return LOG_INFO;
    default:
      return LOG_DEBUG;
  }
}

/// A value ends with its line: the formatter has seen to the message, ids have none.
void add_field(std::string& datagram, const char* name, std::string_view value) {
  datagram.append(name).push_back('=');
  datagram.append(value).push_back('\n');
}

}  // namespace

Result<std::shared_ptr<JournalSink>> JournalSink::open(const std::string& socket_path) {
  const auto refuse = [&](int code) {
    return fail(code,
                "--log journald: " + socket_path + ": " + std::generic_category().message(code));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return refuse(ENAMETOOLONG);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return refuse(errno);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as sockets want it
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    close(socket);
    return refuse(code);
  }
  return std::shared_ptr<JournalSink>(new JournalSink(socket));
}

JournalSink::~JournalSink() {
  close(socket_);
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t formatted;
  formatter_->format(message, formatted);
  std::string datagram;
  add_field(datagram, "MESSAGE", std::string_view(formatted.data(), formatted.size()));
  add_field(datagram, "PRIORITY", std::to_string(priority_of(message.level)));
  add_field(datagram, "SYSLOG_IDENTIFIER", "vtpmfs");
  const std::string& operation = vsphere::LoggedOperation::current();
  if (!operation.empty()) add_field(datagram, "VCENTER_OPERATION_ID", operation);
  [[maybe_unused]] const ssize_t sent =
      send(socket_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace vtpmfs::fs
