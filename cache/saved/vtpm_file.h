// The file vtpm.json: the VirtualTPM device with its certificates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/saved/certificates.h"
#include "vsphere/error.h"
#include "vsphere/virtual_tpm.h"

namespace vtpmfs::cache {

/// VI JSON of the device: members in schema order, indented by two spaces, certificates and CSRs as
/// base64 DER in vCenter's order. What is unset or empty is left out.
std::string render_vtpm(const vsphere::VirtualTpm& tpm);

/// Reads VI JSON, govc's JSON (base64 twice, where it came over SOAP), pyVmomi's and PowerCLI's
/// (bytes as arrays of numbers). The device key may be anything or absent; members that we do not
/// know are ignored. EINVAL names the entry that is not the DER of a certificate or a CSR; EFBIG
/// for a huge file.
Result<vsphere::VirtualTpm> parse_vtpm(std::string_view text);

/// The device, and what its entries are about, one for each of the device's in their order.
struct SavedVtpm {
  vsphere::VirtualTpm device;
  std::vector<CertificateFacts> certificates;
  std::vector<PublicKeyHash> signing_requests;
};

/// parse_vtpm(), for who wants to know that too.
Result<SavedVtpm> parse_saved_vtpm(std::string_view text);

}  // namespace vtpmfs::cache
