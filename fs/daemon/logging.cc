#include "fs/daemon/logging.h"

#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <memory>

namespace vtpmfs::fs {

namespace {

constexpr size_t kMostWarnings = 64;
/// Keeps warnings while the mount starts in the background; null otherwise.
std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> starting;

}  // namespace

void start_logging(bool foreground, bool debug) {
  std::shared_ptr<spdlog::logger> logger;
  if (foreground) {
    logger = std::make_shared<spdlog::logger>("vtpmfs",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  } else {
    const auto system =
        std::make_shared<spdlog::sinks::syslog_sink_mt>("vtpmfs", LOG_PID, LOG_DAEMON, false);
    system->set_pattern("%v");
    starting = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kMostWarnings);
    starting->set_pattern("vtpmfs: %v");
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
