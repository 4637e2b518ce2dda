#include "vsphere/property/fault_error.h"

#include "vsphere/soap/fault_reader.h"

namespace vtpmfs::vsphere {

Error fault_error(const vim25__LocalizedMethodFault& fault) {
  return error_of(fault_of(fault));
}

std::string_view fault_type(const Error& error) {
  return error.fault == nullptr ? std::string_view() : std::string_view(error.fault->type);
}

}  // namespace vtpmfs::vsphere
