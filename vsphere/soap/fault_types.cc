#include "vsphere/soap/fault_types.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace vtpmfs::vsphere {
namespace {

// By name, for the binary search. Base types as in the schema of vSphere 8; types that are missing
// here are treated as a MethodFault.
constexpr auto kTypes = std::to_array<FaultType>({
    {"AlreadyExists", "VimFault", EEXIST},
    {"CannotAccessFile", "FileFault", EIO},
    {"CannotAccessVmComponent", "VmConfigFault", EIO},
    {"CannotAccessVmConfig", "CannotAccessVmComponent", 0},
    {"CannotAccessVmDevice", "CannotAccessVmComponent", 0},
    {"CannotAccessVmDisk", "CannotAccessVmDevice", 0},
    {"CannotCreateFile", "FileFault", EIO},
    {"CannotDeleteFile", "FileFault", EIO},
    {"CannotUseNetwork", "VmConfigFault", 0},
    {"ConcurrentAccess", "VimFault", EBUSY},
    {"DatabaseError", "RuntimeFault", EIO},
    {"DatastoreNotWritableOnHost", "InvalidDatastore", EROFS},
    {"DeviceNotFound", "InvalidDeviceSpec", 0},
    {"DeviceNotSupported", "VirtualHardwareCompatibilityIssue", EOPNOTSUPP},
    {"DeviceUnsupportedForVmVersion", "InvalidDeviceSpec", EOPNOTSUPP},
    {"DirectoryNotEmpty", "FileFault", ENOTEMPTY},
    {"DuplicateName", "VimFault", EEXIST},
    {"EncryptionKeyRequired", "InvalidState", ENOKEY},
    {"ExtendedFault", "VimFault", EIO},
    {"FileAlreadyExists", "FileFault", EEXIST},
    {"FileFault", "VimFault", EIO},
    {"FileLocked", "FileFault", EBUSY},
    {"FileNameTooLong", "FileFault", ENAMETOOLONG},
    {"FileNotFound", "FileFault", ENOENT},
    {"FileNotWritable", "FileFault", EACCES},
    {"FileTooLarge", "FileFault", EFBIG},
    {"GenericVmConfigFault", "VmConfigFault", EINVAL},
    {"HostCommunication", "RuntimeFault", EHOSTUNREACH},
    {"HostConfigFault", "VimFault", EIO},
    {"HostConnectFault", "VimFault", EHOSTUNREACH},
    {"HostNotConnected", "HostCommunication", EHOSTUNREACH},
    {"HostNotReachable", "HostCommunication", EHOSTUNREACH},
    {"InaccessibleDatastore", "InvalidDatastore", EIO},
    {"IncorrectFileType", "FileFault", EINVAL},
    {"InsufficientResourcesFault", "VimFault", ENOSPC},
    {"InsufficientStorageSpace", "InsufficientResourcesFault", ENOSPC},
    {"InvalidArgument", "RuntimeFault", EINVAL},
    {"InvalidClientCertificate", "InvalidLogin", EACCES},
    {"InvalidCollectorVersion", "MethodFault", EIO},
    {"InvalidController", "InvalidDeviceSpec", EINVAL},
    {"InvalidDatastore", "VimFault", EIO},
    {"InvalidDatastorePath", "InvalidDatastore", ENOENT},
    {"InvalidDatastoreState", "InvalidState", EBUSY},
    {"InvalidDeviceBacking", "InvalidDeviceSpec", EINVAL},
    {"InvalidDeviceOperation", "InvalidDeviceSpec", EINVAL},
    {"InvalidDeviceSpec", "InvalidVmConfig", EINVAL},
    {"InvalidFolder", "VimFault", EINVAL},
    {"InvalidHostConnectionState", "InvalidHostState", EHOSTUNREACH},
    {"InvalidHostState", "InvalidState", EHOSTUNREACH},
    {"InvalidLocale", "VimFault", EINVAL},
    {"InvalidLogin", "VimFault", EACCES},
    {"InvalidName", "VimFault", EINVAL},
    {"InvalidPowerState", "InvalidState", EBUSY},
    {"InvalidProperty", "MethodFault", EINVAL},
    {"InvalidRequest", "RuntimeFault", EINVAL},
    {"InvalidState", "VimFault", EBUSY},
    {"InvalidType", "InvalidRequest", EINVAL},
    {"InvalidVmConfig", "VmConfigFault", EINVAL},
    {"KeyNotFound", "VimFault", ENOKEY},
    {"LicenseRestricted", "NotEnoughLicenses", EOPNOTSUPP},
    {"LimitExceeded", "VimFault", ENOSPC},
    {"ManagedObjectNotFound", "RuntimeFault", ENOENT},
    {"MethodAlreadyDisabledFault", "RuntimeFault", EBUSY},
    {"MethodDisabled", "RuntimeFault", EBUSY},
    {"MethodNotFound", "InvalidRequest", EOPNOTSUPP},
    {"MissingController", "InvalidDeviceSpec", EINVAL},
    {"NetworkCopyFault", "FileFault", EIO},
    {"NoActiveHostInCluster", "InvalidState", EHOSTUNREACH},
    {"NoClientCertificate", "VimFault", EACCES},
    {"NoCompatibleDatastore", "VimFault", EIO},
    {"NoCompatibleHost", "VimFault", EHOSTUNREACH},
    {"NoDiskSpace", "FileFault", ENOSPC},
    {"NoHost", "HostConnectFault", EHOSTUNREACH},
    {"NoPermission", "SecurityError", EACCES},
    {"NotADirectory", "FileFault", ENOTDIR},
    {"NotAFile", "FileFault", EISDIR},
    {"NotAuthenticated", "NoPermission", EACCES},
    {"NotEnoughLicenses", "RuntimeFault", ENOSPC},
    {"NotFound", "VimFault", ENOENT},
    {"NotImplemented", "RuntimeFault", EOPNOTSUPP},
    {"NotSupported", "RuntimeFault", EOPNOTSUPP},
    {"OutOfBounds", "VimFault", EINVAL},
    {"PasswordExpired", "InvalidLogin", EACCES},
    {"PbmAlreadyExists", "PbmFault", EEXIST},
    {"PbmDuplicateName", "PbmFault", EEXIST},
    {"PbmFault", "MethodFault", EIO},
    {"PbmFaultInvalidLogin", "PbmFault", EACCES},
    {"PbmFaultNotFound", "PbmFault", ENOENT},
    {"PbmFaultProfileStorageFault", "PbmFault", EIO},
    {"PbmResourceInUse", "PbmFault", EBUSY},
    {"PlatformConfigFault", "HostConfigFault", EIO},
    {"QuestionPending", "InvalidState", EBUSY},
    {"RequestCanceled", "RuntimeFault", ECANCELED},
    {"ResourceInUse", "VimFault", EBUSY},
    {"ResourceNotAvailable", "VimFault", EBUSY},
    {"RuntimeFault", "MethodFault", EIO},
    {"SSPIChallenge", "VimFault", EACCES},
    {"SecurityError", "RuntimeFault", EACCES},
    {"SnapshotFault", "VimFault", EIO},
    {"SystemError", "RuntimeFault", EIO},
    {"TaskInProgress", "VimFault", EBUSY},
    {"Timedout", "VimFault", ETIMEDOUT},
    {"TooManyDevices", "InvalidVmConfig", E2BIG},
    {"UnexpectedFault", "RuntimeFault", EIO},
    {"UnsupportedGuest", "InvalidVmConfig", EINVAL},
    {"UnsupportedVmxLocation", "VmConfigFault", EINVAL},
    {"VAppTaskInProgress", "TaskInProgress", EBUSY},
    {"VimFault", "MethodFault", EIO},
    {"VirtualHardwareCompatibilityIssue", "VmConfigFault", EOPNOTSUPP},
    {"VirtualHardwareVersionNotSupported", "VirtualHardwareCompatibilityIssue", EOPNOTSUPP},
    {"VmConfigFault", "VimFault", EINVAL},
});

constexpr bool comes_before(const FaultType& a, const FaultType& b) {
  return a.name < b.name;
}
static_assert(std::is_sorted(kTypes.begin(), kTypes.end(), comes_before));

}  // namespace

const FaultType* find_fault_type(std::string_view name) {
  const auto found =
      std::lower_bound(kTypes.begin(), kTypes.end(), FaultType{name, {}, 0}, comes_before);
  return found != kTypes.end() && found->name == name ? &*found : nullptr;
}

}  // namespace vtpmfs::vsphere
