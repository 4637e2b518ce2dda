// Endorsement keys, certificates and signing requests of virtual TPMs, as a vCenter shows them: two
// DER certificates (RSA first, then EC) issued by the vCenter's authority, and two PKCS#10
// requests.
//
// All of it follows from the vTPM's identity, so a machine that gets its nvram back gets its keys
// back. RSA keys are dear and come from a small pool; EC keys and certificate serials are each
// vTPM's own. What was made is kept (up to a bound); EndorsementOffice may be used from several
// threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/simulator/world/sealing/signing_key.h"

namespace vtpmfs::simulator {

/// What a VirtualTPM device shows; each entry is DER, raw.
struct Endorsement {
  std::vector<std::string> requests;
  std::vector<std::string> certificates;
};

/// A certificate or request that lacks only what is each vTPM's own: signed parts are copied and
/// filled in, since making one from nothing takes OpenSSL half a millisecond.
struct EndorsementForm {
  std::string text;           ///< DER of the part to be signed
  std::size_t serial_at = 0;  ///< where the serial's bytes are; 0: none
  std::size_t point_at = 0;   ///< where the EC public key's bytes are; 0: none
};

class EndorsementOffice {
 public:
  /// `authority_seed` decides the issuing authority's key: another vCenter is another authority.
  explicit EndorsementOffice(std::string authority_seed);

  /// Requests and certificates of the vTPM with this 32-byte identity; shared, never null.
  std::shared_ptr<const Endorsement> endorse(const std::string& identity);

  /// Whether DER `certificate` is for one of the endorsement keys of `identity`.
  bool belongs_to(std::string_view certificate, const std::string& identity);

  /// Whether the bytes are one whole DER certificate.
  static bool is_certificate(std::string_view bytes);

 private:
  static constexpr std::size_t pool_size = 4;
  static constexpr std::size_t most_kept = 20000;

  /// What belongs to one RSA key of the pool.
  struct PoolEntry {
    std::once_flag made;
    std::unique_ptr<SigningKey> key;
    std::string request;
    EndorsementForm certificate;
  };
  PoolEntry& pool_entry_of(const std::string& identity);
  Endorsement make(const std::string& identity);

  const std::string seed_;
  const SigningKey authority_;
  const EndorsementForm ec_certificate_;
  const EndorsementForm ec_request_;
  std::array<PoolEntry, pool_size> pool_;
  std::mutex mutex_;  ///< guards kept_
  std::unordered_map<std::string, std::shared_ptr<const Endorsement>> kept_;
};

}  // namespace vtpmfs::simulator
