// Interface. The objects of vCenter that everything else is reached from (ServiceContent).
#pragma once

#include <optional>
#include <string>

#include "vsphere/moref.h"

namespace vtpmfs::vsphere {

/// What RetrieveServiceContent named. Valid for the life of the connection: these objects belong to
/// the server, not to the session. An optional one is absent where the server lacks the service.
struct ServiceRefs {
  MoRef root_folder;
  MoRef property_collector;
  std::optional<MoRef> view_manager;
  std::optional<MoRef> session_manager;
  std::optional<MoRef> search_index;
  std::optional<MoRef> file_manager;
  std::optional<MoRef> datastore_namespace_manager;
  std::optional<MoRef> task_manager;
  std::optional<MoRef> authorization_manager;
  std::optional<MoRef> crypto_manager;  ///< type CryptoManagerKmip on a vCenter
};

}  // namespace vtpmfs::vsphere
