// vCenter's CryptoManagerKmip, as far as a restore asks it.
#pragma once

#include "vsphere/call.h"
#include "vsphere/encryption/key_status.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Blocking, thread-safe, without state.
class KeyManager {
 public:
  explicit KeyManager(SoapCaller& caller) : caller_(caller) {}

  /// ListKmsClusters; ListKmipServers where the server is too old for it; the property kmipServers
  /// where the account may not list providers. Fails with what the lists said where the
  /// property does not help (EACCES, EOPNOTSUPP), or at once where the server is out of reach.
  Result<KeyProviderList> providers(const Call& call);
  /// Never fails: what cannot be found out is unknown, with the reason.
  KeyCheck check(const CryptoKeyId& key, const Call& call);
  /// The same for who has the list already.
  KeyCheck check(const CryptoKeyId& key, const KeyProviderList& list, const Call& call);
  /// Of the standard providers among these, whose keys alone can be asked for, those that have a
  /// key of this id. Never fails: empty where nobody says.
  std::vector<std::string> providers_with(const std::string& key_id,
                                          const std::vector<KeyProvider>& providers,
                                          const Call& call);

 private:
  KeyCheck ask(const CryptoKeyId& key, const Call& call);
  Result<KeyProviderList> list_clusters(const Call& call);
  Result<KeyProviderList> list_servers(const Call& call);
  Result<KeyProviderList> read_property(const Call& call);

  SoapCaller& caller_;
};

}  // namespace vtpmfs::vsphere
