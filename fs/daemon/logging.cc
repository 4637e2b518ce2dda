#include "fs/daemon/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <iterator>
#include <memory>

namespace vtpmfs::fs {

namespace {

constexpr size_t kMostWarnings = 64;
/// The message on one line, whatever names and words of a server are in it: no VM forges an entry.
class OneLine final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    for (const char c : message.payload) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7f)
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
      else
        out.push_back(c);
    }
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLine>();
  }
};

/// `pattern` with %* for the message.
std::unique_ptr<spdlog::formatter> one_line_each(const char* pattern, const char* end = "\n") {
  auto formatter =
      std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::local, end);
  formatter->add_flag<OneLine>('*').set_pattern(pattern);
  return formatter;
}

/// Keeps warnings while the mount starts in the background; null otherwise.
std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> starting;

}  // namespace

void start_logging(bool foreground, bool debug) {
  std::shared_ptr<spdlog::logger> logger;
  if (foreground) {
    logger = std::make_shared<spdlog::logger>("vtpmfs",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(one_line_each("%Y-%m-%dT%H:%M:%S.%e %l %*"));
  } else {
    const auto system =
        std::make_shared<spdlog::sinks::syslog_sink_mt>("vtpmfs", LOG_PID, LOG_DAEMON, true);
    system->set_formatter(one_line_each("%*", ""));
    starting = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kMostWarnings);
    starting->set_formatter(one_line_each("vtpmfs: %*"));
    starting->set_level(spdlog::level::warn);
    logger = std::make_shared<spdlog::logger>("vtpmfs", spdlog::sinks_init_list{system, starting});
  }
  logger->flush_on(spdlog::level::warn);
  logger->set_level(debug ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

std::vector<std::string> end_of_starting() {
  if (!starting) return {};
  starting->set_level(spdlog::level::off);
  return starting->last_formatted();
}

void raise_log_level() {
  const auto level = spdlog::get_level();
  spdlog::set_level(level == spdlog::level::info    ? spdlog::level::debug
                    : level == spdlog::level::debug ? spdlog::level::trace
                                                    : spdlog::level::info);
}

}  // namespace vtpmfs::fs
