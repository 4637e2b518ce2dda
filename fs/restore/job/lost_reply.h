// What follows a reply that was lost: nobody knows whether the vCenter did what it was asked for.
// So its effect is looked for, a bounded number of times; the call is sent again only after that,
// and only where doing it twice is the same as doing it once.
#pragma once

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>

#include "vsphere/cancel.h"
#include "vsphere/error.h"

namespace vtpmfs::fs {

/// How often, and how far apart.
struct Looks {
  int number = 0;
  std::chrono::milliseconds between{0};
};

/// For a task that may be at work for longer than a single call may take.
inline constexpr int kLooksForATask = 20;
/// For a call that the vCenter carries out at once or never.
inline constexpr int kLooksForACall = 5;

/// Whether the effect is there; an Error: it could not be seen.
using Effect = std::function<Result<bool>()>;

/// `sent` as it is, unless its reply was lost (Error::maybe_done): then success once the effect is
/// seen, else `sent` after so many looks, or when nobody waits any more. Blocking.
Status find_effect(Status sent, const Looks& looks, const vsphere::CancelToken& cancel,
                   const Effect& effect);

/// The same, and then sends it once more. For what may be done twice without harm, also while the
/// first one is at work.
Status send_until_seen(const std::function<Status()>& send, const Looks& looks,
                       const vsphere::CancelToken& cancel, const Effect& effect);

/// Makes a thing that has a name, of which there is one at most: where the name is taken (EEXIST)
/// somebody else has made it, or our own lost call. `find` looks for it by name.
template <class Thing>
Result<Thing> make_by_name(const std::function<Result<Thing>()>& make, const Looks& looks,
                           const vsphere::CancelToken& cancel,
                           const std::function<Result<std::optional<Thing>>()>& find) {
  std::optional<Thing> found;
  const Effect look = [&]() -> Result<bool> {
    auto seen = find();
    if (!seen) return fail(seen.error());
    found = std::move(*seen);
    return found.has_value();
  };
  Result<Thing> made = fail(EIO, "not tried");
  const auto send = [&]() -> Status {
    made = make();
    if (made) return {};
    if (made.error().code != Errno{EEXIST}) return fail(made.error());
    const auto seen = look();
    return seen && *seen ? Status() : fail(made.error());
  };
  const Status done = send_until_seen(send, looks, cancel, look);
  if (found) return std::move(*found);
  if (!done) return fail(done.error());
  return made;
}

}  // namespace vtpmfs::fs
