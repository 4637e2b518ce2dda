#include "vsphere/cancel.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace vtpmfs::vsphere {

// Lock order: the state's mutex and an entry's are never held together.
struct CancelToken::Registration::Entry {
  enum class Phase { armed, running, over };

  std::mutex mutex;
  std::condition_variable ended;
  Phase phase = Phase::armed;
  std::thread::id runner;
  std::function<void()> action;
  std::weak_ptr<State> state;

  /// Runs the action, unless it ran or was taken back.
  void run() {
    std::function<void()> mine;
    {
      std::lock_guard lock(mutex);
      if (phase != Phase::armed) return;
      phase = Phase::running;
      runner = std::this_thread::get_id();
      mine = std::move(action);
    }
    mine();
    mine = nullptr;  // what it holds must be gone before the one who unregisters goes on
    {
      std::lock_guard lock(mutex);
      phase = Phase::over;
    }
    ended.notify_all();
  }

  void disarm() {
    std::function<void()> unused;
    std::unique_lock lock(mutex);
    if (phase == Phase::armed) {
      phase = Phase::over;
      unused = std::move(action);
      lock.unlock();
      return;
    }
    if (runner == std::this_thread::get_id()) return;
    ended.wait(lock, [this] { return phase == Phase::over; });
  }
};

struct CancelToken::State {
  using Entry = Registration::Entry;

  std::atomic<bool> cancelled{false};
  std::mutex mutex;
  std::unordered_map<Entry*, std::shared_ptr<Entry>> entries;
};

CancelToken::CancelToken() : state_(std::make_shared<State>()) {}

void CancelToken::cancel() const {
  std::unordered_map<State::Entry*, std::shared_ptr<State::Entry>> entries;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->cancelled.exchange(true)) return;
    entries.swap(state_->entries);
  }
  for (auto& [key, entry] : entries) entry->run();
}

bool CancelToken::cancelled() const {
  return state_->cancelled.load();
}

CancelToken::Registration CancelToken::on_cancel(std::function<void()> action) const {
  auto entry = std::make_shared<State::Entry>();
  entry->action = std::move(action);
  entry->state = state_;
  {
    std::unique_lock lock(state_->mutex);
    if (state_->cancelled.load()) {
      lock.unlock();
      entry->run();
    } else {
      state_->entries.emplace(entry.get(), entry);
    }
  }
  return Registration(std::move(entry));
}

CancelToken::Registration::Registration(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}

CancelToken::Registration::Registration(Registration&&) noexcept = default;

CancelToken::Registration& CancelToken::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    Registration old(std::move(*this));
    entry_ = std::move(other.entry_);
  }
  return *this;
}

CancelToken::Registration::~Registration() {
  if (!entry_) return;
  if (auto state = entry_->state.lock()) {
    std::lock_guard lock(state->mutex);
    state->entries.erase(entry_.get());
  }
  entry_->disarm();
}

}  // namespace vtpmfs::vsphere
