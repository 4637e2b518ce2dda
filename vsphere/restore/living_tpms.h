// Which VMs have which endorsement key certificates.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

class SoapCaller;
struct PropertyQuery;

/// Reads the vTPMs of all VMs of this vCenter, in pages, and believes for `kBelieved` that no
/// others came: a tree of a thousand sets does not read all VMs a thousand times. A VM that was
/// found is always looked at anew: it may be gone. Blocking, thread-safe.
class LivingTpms {
 public:
  static constexpr std::chrono::seconds kBelieved{30};
  explicit LivingTpms(SoapCaller& caller) : caller_(caller) {}

  /// The names (as the API gives them) of the VMs whose vTPM has one of these certificates (base64
  /// DER without white space). A VM whose devices cannot be read has none that we could compare.
  Result<std::vector<std::string>> with_any_of(const std::vector<std::string>& certificates,
                                               const Call& call);

 private:
  struct Vm {
    MoRef id;
    std::string name;
  };
  using Vms = std::multimap<std::string, Vm>;  ///< by certificate
  Result<Vms> read(const PropertyQuery& query, const Call& call);
  static std::vector<Vm> among(const Vms& vms, const std::vector<std::string>& certificates);

  SoapCaller& caller_;
  std::mutex lock_;
  Vms vms_;
  std::optional<std::chrono::steady_clock::time_point> read_at_;
};

}  // namespace vtpmfs::vsphere
