#include "fs/status/event_ring.h"

namespace vtpmfs::fs {

void EventRing::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t formatted;
  formatter_->format(message, formatted);
  std::string line(formatted.data(), formatted.size());
  while (!line.empty() && line.back() == '\n') line.pop_back();
  if (line.size() > kLongest) {
    // Not within a character of UTF-8.
    size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    line.resize(end);
  }
  lines_.push_back(std::move(line));
  if (lines_.size() > kLines) lines_.pop_front();
}

std::string EventRing::text() {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text.append(line).push_back('\n');
  return text;
}

}  // namespace vtpmfs::fs
