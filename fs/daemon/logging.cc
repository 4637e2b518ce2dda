#include "fs/daemon/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <cerrno>
#include <iterator>
#include <memory>

#include "fs/daemon/journal_sink.h"
#include "fs/status/event_ring.h"
#include "vsphere/logged_operation.h"

namespace vtpmfs::fs {

namespace {

constexpr size_t kMostWarnings = 64;

/// Text on one line, whatever names and words of a server are in it: no VM forges an entry.
template <class Text>
void append_one_line(const Text& text, spdlog::memory_buf_t& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    else
      out.push_back(c);
  }
}

class OneLine final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    append_one_line(message.payload, out);
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLine>();
  }
};

/// The operation's id: a column of its own, where `-` stands for none, or a word before the message
/// where there is one.
class OperationId final : public spdlog::custom_flag_formatter {
 public:
  explicit OperationId(bool column) : column_(column) {}
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string& id = vsphere::LoggedOperation::current();
    if (id.empty()) {
      if (column_) out.push_back('-');
      return;
    }
    if (!column_) fmt::format_to(std::back_inserter(out), "[opID ");
    append_one_line(id, out);
    if (!column_) fmt::format_to(std::back_inserter(out), "] ");
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OperationId>(column_);
  }

 private:
  const bool column_;
};

/// `pattern` with %* for the message, %K for the operation as a column, %k as a word before it.
std::unique_ptr<spdlog::formatter> one_line_each(
    const char* pattern, const char* end = "\n",
    spdlog::pattern_time_type clock = spdlog::pattern_time_type::local) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(clock, end);
  formatter->add_flag<OneLine>('*')
      .add_flag<OperationId>('K', true)
      .add_flag<OperationId>('k', false)
      .set_pattern(pattern);
  return formatter;
}

/// Keeps warnings while the mount starts in the background; null otherwise.
std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> starting;
std::shared_ptr<EventRing> events;

Result<spdlog::sink_ptr> target_of(LogTarget target) {
  if (target == LogTarget::standard_error) {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_formatter(one_line_each("%Y-%m-%dT%H:%M:%S.%e %l %k%*"));
    return sink;
  }
  if (target == LogTarget::journald) {
    auto sink = JournalSink::open();
    if (!sink) return fail(std::move(sink.error()));
    (*sink)->set_formatter(one_line_each("%*", ""));
    return *sink;
  }
  auto sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("vtpmfs", LOG_PID, LOG_DAEMON, true);
  sink->set_formatter(one_line_each("%k%*", ""));
  return sink;
}

}  // namespace

Status start_logging(const Options& options) {
  if (!options.foreground && options.log == LogTarget::standard_error)
    return fail(EINVAL,
                "--log stderr: there is no standard error in the background; use -f, or "
                "--log syslog or journald");
  const LogTarget usual = options.foreground ? LogTarget::standard_error : LogTarget::syslog;
  auto target = target_of(options.log.value_or(usual));
  if (!target) return fail(std::move(target.error()));
  events = std::make_shared<EventRing>();
  events->set_formatter(
      one_line_each("%Y-%m-%dT%H:%M:%S.%eZ %l %K %*", "\n", spdlog::pattern_time_type::utc));
  events->set_level(spdlog::level::info);
  std::vector<spdlog::sink_ptr> sinks{*target, events};
  if (!options.foreground) {
    starting = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kMostWarnings);
    starting->set_formatter(one_line_each("vtpmfs: %*"));
    starting->set_level(spdlog::level::warn);
    sinks.push_back(starting);
  }
  auto logger = std::make_shared<spdlog::logger>("vtpmfs", sinks.begin(), sinks.end());
  logger->flush_on(spdlog::level::warn);
  logger->set_level(options.debug ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

std::vector<std::string> end_of_starting() {
  if (!starting) return {};
  starting->set_level(spdlog::level::off);
  return starting->last_formatted();
}

std::string events_text() {
  return events ? events->text() : std::string();
}

void raise_log_level() {
  const auto level = spdlog::get_level();
  const auto next = level == spdlog::level::info    ? spdlog::level::debug
                    : level == spdlog::level::debug ? spdlog::level::trace
                                                    : spdlog::level::info;
  spdlog::set_level(next);
  spdlog::info("log level: {}", spdlog::level::to_string_view(next));
}

}  // namespace vtpmfs::fs
