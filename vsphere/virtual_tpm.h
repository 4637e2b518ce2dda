// Interface. The vTPM device as the API describes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vtpmfs::vsphere {

/// vim25 VirtualTPM. Certificates and CSRs are the base64 of DER in vCenter's order (the indices of
/// the two arrays do not match each other: they are matched by public key). White space is removed.
struct VirtualTpm {
  int key = 0;  ///< always 11000 on a vCenter, anything on vcsim
  std::optional<std::string> label;
  std::optional<std::string> summary;
  std::optional<int> controller_key;
  std::optional<int> unit_number;
  std::vector<std::string> certificate_signing_requests;
  std::vector<std::string> certificates;

  bool operator==(const VirtualTpm&) const = default;
};

}  // namespace vtpmfs::vsphere
