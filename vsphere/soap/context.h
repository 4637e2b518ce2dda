// gSOAP's contexts, lent out.
#pragma once

#include <memory>

struct soap;

namespace vtpmfs::vsphere {

/// Gives a context back: frees the data in its arena, wipes its buffers, keeps it for the next use.
struct ContextReturn {
  void operator()(struct soap* context) const;
};

/// A gSOAP context (160 KB and slow to set up, therefore used again) in the hands of one user. Data
/// that was read with it lives as long as the lease. One thread at a time.
using ContextLease = std::unique_ptr<struct soap, ContextReturn>;

/// A context with our flags and limits. Thread-safe. Never null (std::bad_alloc when out of
/// memory).
ContextLease lease_context();

}  // namespace vtpmfs::vsphere
