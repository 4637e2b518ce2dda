// The versions of the API that the simulator knows, newest first.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// Whether a SOAPAction ("urn:vim25/8.0.3.0", with or without quotes) names a version that a server
/// of `newest` serves; of urn:pbm every version that is not newer. Versions below 6.7 are refused
/// here though a vCenter would take them: it would then leave the vTPM's type out of its answers,
/// which the simulator does not do.
[[nodiscard]] bool is_served(std::string_view soap_action, std::string_view name_space,
                             std::string_view newest);

/// The document at /sdk/vimServiceVersions.xml (and /pbm/pbmServiceVersions.xml).
[[nodiscard]] std::string service_versions(std::string_view name_space, std::string_view newest);

}  // namespace vtpmfs::simulator
