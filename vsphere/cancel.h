// Interface. A promise that somebody may take back: an interrupted cp, an unmount.
#pragma once

#include <functional>
#include <memory>

namespace vtpmfs::vsphere {

/// Tells the one who works that nobody waits any more. Copies share one state; thread-safe. A
/// default constructed token can be cancelled like any other.
class CancelToken {
 public:
  CancelToken();
  /// Sets the state and runs the registered actions once, on the calling thread, without a lock
  /// held.
  void cancel() const;
  [[nodiscard]] bool cancelled() const;

  /// Keeps an action registered while it lives; destroying it unregisters. The action may be
  /// running on another thread while the destructor is entered; the destructor then waits for its
  /// end, unless it is called from within the action itself.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&&) noexcept;
    Registration& operator=(Registration&&) noexcept;
    ~Registration();

   private:
    friend class CancelToken;
    struct Entry;
    explicit Registration(std::shared_ptr<Entry> entry);
    std::shared_ptr<Entry> entry_;
  };

  /// Runs `action` when cancel() is called; at once where it was called already.
  [[nodiscard]] Registration on_cancel(std::function<void()> action) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace vtpmfs::vsphere
