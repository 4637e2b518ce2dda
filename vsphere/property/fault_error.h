// Faults that arrive as data (missingSet, a task's error) as Errors. For .cc files.
#pragma once

#include <string_view>

#include "vsphere/error.h"

class vim25__LocalizedMethodFault;

namespace vtpmfs::vsphere {

/// The Error of a LocalizedMethodFault: errno by the fault's type, its words, the fault attached.
Error fault_error(const vim25__LocalizedMethodFault& fault);
/// The type of the fault that caused the Error ("NoPermission"); empty where no fault did.
std::string_view fault_type(const Error& error);

}  // namespace vtpmfs::vsphere
