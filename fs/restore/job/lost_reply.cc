#include "fs/restore/job/lost_reply.h"

#include "vsphere/task/pause.h"

namespace vtpmfs::fs {

Status find_effect(Status sent, const Looks& looks, const vsphere::CancelToken& cancel,
                   const Effect& effect) {
  if (sent || !sent.error().maybe_done) return sent;
  for (int look = 0; look < looks.number && !cancel.cancelled(); ++look) {
    if (look > 0 && vsphere::pause(looks.between, cancel)) break;
    if (const auto seen = effect(); seen && *seen) return {};
  }
  return sent;
}

Status send_until_seen(const std::function<Status()>& send, const Looks& looks,
                       const vsphere::CancelToken& cancel, const Effect& effect) {
  Status once = find_effect(send(), looks, cancel, effect);
  if (once || !once.error().maybe_done || cancel.cancelled()) return once;
  return find_effect(send(), looks, cancel, effect);
}

}  // namespace vtpmfs::fs
