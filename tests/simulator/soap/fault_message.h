// Faults as messages. For .cc files: it needs the generated classes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "soapStub.h"
#include "tests/simulator/soap/fault.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

/// For data: TaskInfo.error, MissingProperty.fault.
[[nodiscard]] vim25__LocalizedMethodFault localized(const Fault& fault, vsphere::Arena& arena);

/// A whole SOAP 1.1 envelope with the fault in its body. `prefix` is that of the endpoint's
/// namespace
/// ("vim25" or "pbm"), in which the fault's element stands; the type is vim25's unless it is one of
/// PBM's own.
[[nodiscard]] std::string fault_envelope(const Fault& fault, std::string_view prefix);

/// Why a fault cannot be written: a field that no fault has, or a value that does not fit it.
/// Nothing where it can.
[[nodiscard]] std::optional<std::string> flaw_of(const Fault& fault);

}  // namespace vtpmfs::simulator
