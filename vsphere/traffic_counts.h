// Counts while they grow.
#pragma once

#include <atomic>
#include <cstdint>

#include "vsphere/connection.h"

namespace vtpmfs::vsphere {

/// Requests as they are handed to the transport, repeats after a new login included. Thread-safe.
struct TrafficCounts {
  std::atomic<uint64_t> soap_calls{0};
  std::atomic<uint64_t> downloads{0};
  std::atomic<uint64_t> uploads{0};
  std::atomic<uint64_t> logins{0};

  [[nodiscard]] Traffic now() const { return {soap_calls, downloads, uploads, logins}; }
};

}  // namespace vtpmfs::vsphere
