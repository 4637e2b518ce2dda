// Errors are values. Every room speaks in Result<T>; the kernel's errno is chosen where the cause
// is known and travels with words for the person who has to act on it.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace vtpmfs {

/// A positive errno value (EIO, ENOENT, ...). A type of its own, so that it cannot be confused with
/// a size, a negative errno or an HTTP status.
class Errno {
 public:
  constexpr explicit Errno(int value) : value_(value < 0 ? -value : value) {}
  [[nodiscard]] constexpr int value() const { return value_; }
  constexpr auto operator<=>(const Errno&) const = default;

 private:
  int value_;
};

namespace vsphere {
struct Fault;  // vsphere/fault.h
}

/// Why something could not be done: an errno for the program that asked, words for the person.
/// `words` never hold a secret (password, cookie, bundle, nvram bytes).
struct Error {
  Errno code;
  std::string words;
  /// vCenter's fault, where one was the cause. Shared, because errors are copied to many waiters.
  std::shared_ptr<const vsphere::Fault> fault = nullptr;
  /// The request may have reached the server although no answer came (lost reply). What was asked
  /// for may have happened: look before sending it again.
  bool maybe_done = false;
  /// vCenter refused to log us in, now or before. Nobody tries that again by himself: five wrong
  /// passwords lock an account. EACCES alone says no such thing.
  bool login_refused = false;
  /// The step that mends it, for a person; empty where nothing better is known than what the errno
  /// says.
  std::string remedy = {};
  /// Under which name (opID) vCenter logged the call that failed, where it was one.
  std::string operation_id = {};
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// Shorthand for `return fail(ENOENT, "no such VM")`.
[[nodiscard]] inline tl::unexpected<Error> fail(int code, std::string words) {
  return tl::unexpected<Error>(Error{Errno{code}, std::move(words)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace vtpmfs
