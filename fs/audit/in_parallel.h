// Work spread over the processors.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace vtpmfs::fs {

/// How many threads `asked` (0: one for each processor) means.
inline unsigned threads_for(unsigned asked) {
  return asked != 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

/// Calls `work` with 0 to `count` - 1, each once, from up to `threads` threads, and returns when
/// all is done. `work` must not throw.
inline void in_parallel(size_t count, unsigned threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min<size_t>(threads, count); ++i) others.emplace_back(take);
  take();
}

}  // namespace vtpmfs::fs
