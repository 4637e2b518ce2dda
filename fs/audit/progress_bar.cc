#include "fs/audit/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace vtpmfs::fs {
namespace {

constexpr auto kBetween = std::chrono::milliseconds(100);
constexpr size_t kWidth = 30;
constexpr std::string_view kEraseLine = "\r\033[K";

void write_to_terminal(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressBar::ProgressBar(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) write_to_terminal(std::string(kEraseLine));
}

void ProgressBar::begin(std::string what, size_t total) {
  const std::lock_guard hold(lock_);
  what_ = std::move(what);
  total_ = total;
  done_ = 0;
}

void ProgressBar::step() {
  const size_t done = ++done_;
  if (!shown_) return;
  // Who finds another one drawing has better things to do.
  const std::unique_lock hold(lock_, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!hold || now - drawn_ < kBetween) return;
  drawn_ = now;
  draw(done);
}

void ProgressBar::draw(size_t done) {
  if (total_ == 0) return write_to_terminal(fmt::format("{}{} {}", kEraseLine, what_, done));
  const size_t full = std::min(done, total_) * kWidth / total_;
  write_to_terminal(fmt::format("{}{} [{}{}] {}/{}", kEraseLine, what_, std::string(full, '#'),
                                std::string(kWidth - full, ' '), done, total_));
}

}  // namespace vtpmfs::fs
