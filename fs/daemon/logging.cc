#include "fs/daemon/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

namespace vtpmfs::fs {

void start_logging(bool foreground, bool debug) {
  std::shared_ptr<spdlog::logger> logger;
  if (foreground) {
    logger = std::make_shared<spdlog::logger>("vtpmfs",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  } else {
    logger = std::make_shared<spdlog::logger>(
        "vtpmfs",
        std::make_shared<spdlog::sinks::syslog_sink_mt>("vtpmfs", LOG_PID, LOG_DAEMON, false));
    logger->set_pattern("%v");
  }
  logger->flush_on(spdlog::level::warn);
  logger->set_level(debug ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void raise_log_level() {
  const auto level = spdlog::get_level();
  spdlog::set_level(level == spdlog::level::info    ? spdlog::level::debug
                    : level == spdlog::level::debug ? spdlog::level::trace
                                                    : spdlog::level::info);
}

}  // namespace vtpmfs::fs
