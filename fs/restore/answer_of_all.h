// One answer to several things that were asked for side by side.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "fs/node.h"

namespace vtpmfs::fs {

/// To be called `count` times, from any thread; the last call gives `answer`, with the first error.
inline Answer<void> answer_of_all(size_t count, Answer<void> answer) {
  struct Together {
    std::mutex lock;
    size_t left = 0;
    Status result;
    Answer<void> answer;
  };
  auto together = std::make_shared<Together>();
  together->left = count;
  together->answer = std::move(answer);
  return [together](const Status& result) {
    bool last = false;
    {
      const std::lock_guard hold(together->lock);
      if (!result && together->result) together->result = result;
      last = --together->left == 0;
    }
    if (last) together->answer(together->result);
  };
}

}  // namespace vtpmfs::fs
