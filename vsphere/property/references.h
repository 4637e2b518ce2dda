// MoRefs between our type and gSOAP's. For .cc files.
#pragma once

#include "soapStub.h"
#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

inline vim25__ManagedObjectReference to_soap(const MoRef& ref) {
  vim25__ManagedObjectReference made;
  made.type = ref.type;
  made.__item = ref.value;
  return made;
}

inline MoRef from_soap(const vim25__ManagedObjectReference& ref) {
  return {ref.type, ref.__item};
}

}  // namespace vtpmfs::vsphere
