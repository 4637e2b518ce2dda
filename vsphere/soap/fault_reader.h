// Faults as they come in messages, made into plain values. For .cc files.
#pragma once

#include <optional>
#include <string_view>

#include "soapStub.h"
#include "vsphere/fault.h"

namespace vtpmfs::vsphere {

/// The fault inside data: TaskInfo.error, MissingProperty.fault, CryptoKeyResult.fault.
Fault fault_of(const vim25__LocalizedMethodFault& fault);

/// A fault and the text that came beside it.
Fault fault_of(const vim25__MethodFault& fault, std::string_view message);

/// Reads the SOAP fault that stands next in the body; nothing when it cannot be read (soap->error).
std::optional<Fault> read_fault(struct soap* soap);

}  // namespace vtpmfs::vsphere
