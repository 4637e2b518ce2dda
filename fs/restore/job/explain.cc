#include "fs/restore/job/explain.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <string_view>

#include "vsphere/fault.h"

namespace vtpmfs::fs {
namespace {

using vsphere::Fault;

/// The message key of the fault or of one of its causes begins with `key`.
bool has_key(const Fault& fault, std::string_view key) {
  for (const Fault* at = &fault; at != nullptr; at = at->cause.get()) {
    const bool found =
        std::any_of(at->messages.begin(), at->messages.end(), [&](const auto& message) {
          return std::string_view(message.first).substr(0, key.size()) == key;
        });
    if (found) return true;
  }
  return false;
}

struct KnownMessage {
  std::string_view key;
  int code;
  std::string_view reason;
  std::string_view what_to_do;
};

constexpr std::string_view kKeyAdvice =
    "see that the key provider of the same name is configured, active and has this key (for a "
    "native provider: import its backup), then sync this directory";

constexpr std::string_view kNewerPlace =
    "choose a pool or host that is new enough (--restore-pool, --restore-host, or user.vtpmfs.pool "
    "and user.vtpmfs.host on this directory), or upgrade ESXi there, then sync this directory";

constexpr std::array kKnownMessages{
    KnownMessage{"msg.vigor.enc.keyNotFound", ENOKEY, "the host cannot get the encryption key",
                 kKeyAdvice},
    KnownMessage{"msg.keysafe.locator", ENOKEY,
                 "encryption.bundle cannot be opened with the key that keyId names", kKeyAdvice},
    KnownMessage{"vim.vpxd.encryption.NativeKeyProviderNotSupported.NotInCluster", ENOKEY,
                 "a native key provider works only for hosts inside a cluster",
                 "choose a pool or host in a cluster (--restore-pool, or user.vtpmfs.pool on this "
                 "directory)"},
    KnownMessage{
        "msg.hostd.deviceSpec.enc.badPolicy", EINVAL,
        "the storage policy is not an encryption policy",
        "name an encryption policy (--restore-policy, or user.vtpmfs.policy on this directory)"},
    KnownMessage{"msg.disk.policyChangeFailure", EINVAL,
                 "the encryption policy cannot be applied on this datastore",
                 "choose another datastore or policy"},
    KnownMessage{
        "encryptForbiddenWithoutEncryptedProfile", EINVAL,
        "the vCenter wants an encryption policy for an encrypted VM",
        "name an encryption policy (--restore-policy, or user.vtpmfs.policy on this directory)"},
    KnownMessage{"msg.vtpm.add.notEncrypted", EINVAL,
                 "the vCenter wants the VM encrypted before it gets a vTPM",
                 "name an encryption policy, and see that a key provider is the default"},
    KnownMessage{"msg.vigor.enc.required.vtpm", EINVAL,
                 "the vCenter wants the VM encrypted before it gets a vTPM",
                 "name an encryption policy, and see that a key provider is the default"},
};

std::string about(const Fault& fault) {
  return fault.object.empty() ? std::string() : " on " + fault.object_type + " " + fault.object;
}

bool mentions_endorsement(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text.find("endorsementkey") != std::string::npos ||
         text.find("vtpm") != std::string::npos || text.find("virtualtpm") != std::string::npos;
}

Explanation explain_fault(const Error& error, const Fault& fault) {
  for (const KnownMessage& known : kKnownMessages)
    if (has_key(fault, known.key))
      return {Errno{known.code}, std::string(known.reason) + " (" + error.words + ")",
              std::string(known.what_to_do)};
  if (vsphere::is_a(fault, "NoPermission") && !fault.privilege_id.empty())
    return {Errno{EACCES}, "the account lacks the privilege " + fault.privilege_id + about(fault),
            "grant it, then sync this directory"};
  if (vsphere::is_a(fault, "DuplicateName") || vsphere::is_a(fault, "AlreadyExists"))
    return {Errno{EEXIST}, "the name '" + fault.name + "' is taken",
            "copy the set to another name"};
  if (vsphere::is_a(fault, "NoDiskSpace") || vsphere::is_a(fault, "InsufficientStorageSpace"))
    return {Errno{ENOSPC}, "the datastore is full (" + error.words + ")",
            "make room, or choose another datastore (--restore-datastore, or user.vtpmfs.datastore "
            "on this directory)"};
  if (vsphere::is_a(fault, "EncryptionKeyRequired") || vsphere::is_a(fault, "KeyNotFound"))
    return {Errno{ENOKEY}, "the encryption key is not here (" + error.words + ")",
            std::string(kKeyAdvice)};
  if (vsphere::is_a(fault, "SystemError") &&
      (fault.reason.find("ocator") != std::string::npos ||
       fault.reason.find("ncryption.bundle") != std::string::npos))
    return {
        Errno{ENOKEY},
        "encryption.bundle cannot be opened with the key that keyId names (" + error.words + ")",
        std::string(kKeyAdvice)};
  if (vsphere::is_a(fault, "VirtualHardwareVersionNotSupported"))
    return {Errno{EINVAL}, "the hardware version is not supported there (" + error.words + ")",
            std::string(kNewerPlace)};
  if (vsphere::is_a(fault, "UnsupportedGuest") ||
      (vsphere::is_a(fault, "InvalidArgument") &&
       fault.invalid_property.find("guestId") != std::string::npos))
    return {Errno{EINVAL},
            "the guest operating system is not supported there (" + error.words + ")",
            std::string(kNewerPlace)};
  if (vsphere::is_a(fault, "DeviceNotSupported") ||
      vsphere::is_a(fault, "DeviceUnsupportedForVmVersion"))
    return {Errno{EINVAL}, "a device is not supported there (" + error.words + ")",
            std::string(kNewerPlace)};
  // A server that takes no explicit key of its (native) provider says so of the field.
  if (vsphere::is_a(fault, "InvalidArgument") &&
      (fault.invalid_property.find("keyId") != std::string::npos ||
       fault.invalid_property.find("crypto") != std::string::npos))
    return {Errno{ENOKEY}, "the vCenter does not take the saved key (" + error.words + ")",
            std::string(kKeyAdvice)};
  return {error.code, error.words, ""};
}

std::string advice_for(const Errno& code) {
  switch (code.value()) {
    case EACCES:
      return "see that the account may do this, then sync this directory";
    case EEXIST:
      return "copy the set to another name, or remove or rename the VM that has it";
    case ENOKEY:
      return std::string(kKeyAdvice);
    case ENOSPC:
      return "make room, or choose another datastore";
    case ETIMEDOUT:
    case EHOSTUNREACH:
      return "see that the vCenter and its hosts answer, then sync this directory";
    case EBUSY:
      return "wait for the other task to end, then sync this directory";
    case EINVAL:
      return "see the reason: change the settings or names that it tells of (mount options, or "
             "user.vtpmfs.* on this directory), then sync this directory";
    case EBADMSG:
      return "copy the set again from a good backup";
    case EINTR:
      return "sync this directory to try again";
    default:
      return "mend the cause, then sync this directory";
  }
}

/// What a tool may be told. All else that a server or a disk says is EIO, with its words.
Errno of_the_table(Errno code) {
  constexpr std::array kTold{ENOENT, EEXIST, EACCES,    ENOKEY,       EINVAL, EBADMSG, ENOSPC,
                             EFBIG,  EINTR,  ETIMEDOUT, EHOSTUNREACH, EBUSY,  EIO};
  if (code == Errno{EDQUOT}) return Errno{ENOSPC};
  return std::find(kTold.begin(), kTold.end(), code.value()) == kTold.end() ? Errno{EIO} : code;
}

}  // namespace

Explanation explain(const Error& error) {
  Explanation out =
      error.fault ? explain_fault(error, *error.fault) : Explanation{error.code, error.words, ""};
  out.code = of_the_table(out.code);
  if (!error.remedy.empty()) out.what_to_do = error.remedy;
  if (out.what_to_do.empty()) out.what_to_do = advice_for(out.code);
  return out;
}

bool is_about_the_tpm(const Error& error) {
  if (!error.fault || error.maybe_done) return false;
  // What another form of the device cannot mend, wherever in the chain of causes it stands.
  for (const Fault* fault = error.fault.get(); fault != nullptr; fault = fault->cause.get())
    for (const char* other :
         {"EncryptionKeyRequired", "KeyNotFound", "NoPermission", "DuplicateName", "AlreadyExists",
          "NoDiskSpace", "InsufficientStorageSpace", "Timedout"})
      if (vsphere::is_a(*fault, other)) return false;
  for (const Fault* fault = error.fault.get(); fault != nullptr; fault = fault->cause.get()) {
    if (has_key(*fault, "msg.vigor.enc.keyNotFound") || has_key(*fault, "msg.keysafe") ||
        has_key(*fault, "msg.hostd.deviceSpec.enc"))
      return false;
    // A host that adds the vTPM before it encrypts the VM: the last form adds it afterwards.
    if (has_key(*fault, "msg.vigor.enc.required.vtpm") ||
        has_key(*fault, "msg.vtpm.add.notEncrypted"))
      return true;
    if (vsphere::is_a(*fault, "InvalidArgument") && mentions_endorsement(fault->invalid_property))
      return true;
    if (!vsphere::is_a(*fault, "VmConfigFault") && !vsphere::is_a(*fault, "NotSupported")) continue;
    if (mentions_endorsement(fault->invalid_property) || mentions_endorsement(fault->device))
      return true;
    for (const auto& [key, text] : fault->messages)
      if (mentions_endorsement(key)) return true;
    // A GenericVmConfigFault without a message key has nothing but its reason.
    if (fault->messages.empty() && mentions_endorsement(fault->reason)) return true;
  }
  return false;
}

}  // namespace vtpmfs::fs
