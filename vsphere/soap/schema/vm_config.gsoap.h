// The configuration of a virtual machine: what is asked for (ConfigSpec) and what is (ConfigInfo).
#import "controllers_disks_nics.gsoap.h"

class vim25__VirtualMachineFileInfo : public xsd__anyType {
 public:
  std::optional<std::string> vmPathName 0;
  std::optional<std::string> snapshotDirectory 0;
  std::optional<std::string> suspendDirectory 0;
  std::optional<std::string> logDirectory 0;
  std::optional<std::string> ftMetadataDirectory 0;
};
class vim25__VirtualMachineBootOptionsBootableDevice : public xsd__anyType { public: };
class vim25__VirtualMachineBootOptionsBootableCdromDevice
    : public vim25__VirtualMachineBootOptionsBootableDevice {
 public:
};
class vim25__VirtualMachineBootOptionsBootableDiskDevice
    : public vim25__VirtualMachineBootOptionsBootableDevice {
 public:
  int deviceKey 1;
};
class vim25__VirtualMachineBootOptionsBootableEthernetDevice
    : public vim25__VirtualMachineBootOptionsBootableDevice {
 public:
  int deviceKey 1;
};
class vim25__VirtualMachineBootOptionsBootableFloppyDevice
    : public vim25__VirtualMachineBootOptionsBootableDevice {
 public:
};
class vim25__VirtualMachineBootOptions : public xsd__anyType {
 public:
  std::optional<LONG64> bootDelay 0;
  std::optional<bool> enterBIOSSetup 0;
  std::optional<bool> efiSecureBootEnabled 0;
  std::optional<bool> bootRetryEnabled 0;
  std::optional<LONG64> bootRetryDelay 0;
  std::vector<vim25__VirtualMachineBootOptionsBootableDevice *> bootOrder 0;
  std::optional<std::string> networkBootProtocol 0;
};
class vim25__VirtualMachineFlagInfo : public xsd__anyType {
 public:
  std::optional<bool> disableAcceleration 0;
  std::optional<bool> enableLogging 0;
  std::optional<bool> useToe 0;
  std::optional<bool> runWithDebugInfo 0;
  std::optional<std::string> monitorType 0;
  std::optional<std::string> htSharing 0;
  std::optional<bool> snapshotDisabled 0;
  std::optional<bool> snapshotLocked 0;
  std::optional<bool> diskUuidEnabled 0;
  std::optional<std::string> virtualMmuUsage 0;
  std::optional<std::string> virtualExecUsage 0;
  std::optional<std::string> snapshotPowerOffBehavior 0;
  std::optional<bool> recordReplayEnabled 0;
  std::optional<std::string> faultToleranceType 0;
  std::optional<bool> cbrcCacheEnabled 0;
  std::optional<bool> vvtdEnabled 0;
  std::optional<bool> vbsEnabled 0;
};
class vim25__ToolsConfigInfo : public xsd__anyType {
 public:
  std::optional<int> toolsVersion 0;
  std::optional<std::string> toolsInstallType 0;
  std::optional<bool> afterPowerOn 0;
  std::optional<bool> afterResume 0;
  std::optional<bool> beforeGuestStandby 0;
  std::optional<bool> beforeGuestShutdown 0;
  std::optional<bool> beforeGuestReboot 0;
  std::optional<std::string> toolsUpgradePolicy 0;
  std::optional<bool> syncTimeWithHost 0;
};
class vim25__VirtualMachineDefaultPowerOpInfo : public xsd__anyType {
 public:
  std::optional<std::string> powerOffType 0;
  std::optional<std::string> suspendType 0;
  std::optional<std::string> resetType 0;
  std::optional<std::string> defaultPowerOffType 0;
  std::optional<std::string> defaultSuspendType 0;
  std::optional<std::string> defaultResetType 0;
  std::optional<std::string> standbyAction 0;
};
class vim25__ResourceAllocationInfo : public xsd__anyType {
 public:
  std::optional<LONG64> reservation 0;
  std::optional<bool> expandableReservation 0;
  std::optional<LONG64> limit 0;
  std::optional<vim25__SharesInfo> shares 0;
  std::optional<LONG64> overheadLimit 0;
};

class vim25__VirtualMachineProfileSpec : public xsd__anyType { public: };
class vim25__VirtualMachineDefinedProfileSpec : public vim25__VirtualMachineProfileSpec {
 public:
  std::string profileId 1;
};
class vim25__VirtualMachineDefaultProfileSpec : public vim25__VirtualMachineProfileSpec {
 public:
};
class vim25__VirtualMachineEmptyProfileSpec : public vim25__VirtualMachineProfileSpec {
 public:
};

class vim25__VirtualDeviceConfigSpecBackingSpec : public xsd__anyType {
 public:
  class vim25__VirtualDeviceConfigSpecBackingSpec *parent 0;
  vim25__CryptoSpec *crypto 0;
};
class vim25__VirtualDeviceConfigSpec : public xsd__anyType {
 public:
  std::optional<std::string> operation 0;      // add remove edit
  std::optional<std::string> fileOperation 0;  // create destroy replace
  vim25__VirtualDevice *device 1;
  std::vector<vim25__VirtualMachineProfileSpec *> profile 0;
  std::optional<vim25__VirtualDeviceConfigSpecBackingSpec> backing 0;
};

class vim25__VirtualMachineConfigSpec : public xsd__anyType {
 public:
  std::optional<std::string> changeVersion 0;
  std::optional<std::string> name 0;
  std::optional<std::string> version 0;
  std::optional<xsd__dateTime> createDate 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> instanceUuid 0;
  std::optional<std::string> locationId 0;
  std::optional<std::string> guestId 0;
  std::optional<std::string> alternateGuestName 0;
  std::optional<std::string> annotation 0;
  std::optional<vim25__VirtualMachineFileInfo> files 0;
  std::optional<vim25__ToolsConfigInfo> tools 0;
  std::optional<vim25__VirtualMachineFlagInfo> flags 0;
  std::optional<vim25__VirtualMachineDefaultPowerOpInfo> powerOpInfo 0;
  std::optional<int> numCPUs 0;
  std::optional<int> numCoresPerSocket 0;
  std::optional<LONG64> memoryMB 0;
  std::optional<bool> memoryHotAddEnabled 0;
  std::optional<bool> cpuHotAddEnabled 0;
  std::optional<bool> cpuHotRemoveEnabled 0;
  std::optional<bool> virtualICH7MPresent 0;
  std::optional<bool> virtualSMCPresent 0;
  std::vector<vim25__VirtualDeviceConfigSpec> deviceChange 0;
  std::optional<vim25__ResourceAllocationInfo> cpuAllocation 0;
  std::optional<vim25__ResourceAllocationInfo> memoryAllocation 0;
  std::vector<vim25__OptionValue> extraConfig 0;
  std::optional<std::string> swapPlacement 0;
  std::optional<vim25__VirtualMachineBootOptions> bootOptions 0;
  std::optional<bool> changeTrackingEnabled 0;
  std::optional<std::string> firmware 0;  // bios efi
  std::optional<bool> memoryReservationLockedToMax 0;
  std::optional<bool> nestedHVEnabled 0;
  std::optional<bool> vPMCEnabled 0;
  std::vector<vim25__VirtualMachineProfileSpec *> vmProfile 0;
  std::optional<bool> messageBusTunnelEnabled 0;
  vim25__CryptoSpec *crypto 0;
  std::optional<std::string> migrateEncryption 0;
  std::optional<std::string> ftEncryptionMode 0;
  std::optional<bool> sevEnabled 0;
};

class vim25__VirtualHardware : public xsd__anyType {
 public:
  int numCPU 1;
  std::optional<int> numCoresPerSocket 0;
  std::optional<bool> autoCoresPerSocket 0;
  int memoryMB 1;
  std::optional<bool> virtualICH7MPresent 0;
  std::optional<bool> virtualSMCPresent 0;
  std::vector<vim25__VirtualDevice *> device 0;
  std::optional<std::string> motherboardLayout 0;
  std::optional<int> simultaneousThreads 0;
};
class vim25__VirtualMachineConfigInfoDatastoreUrlPair : public xsd__anyType {
 public:
  std::string name 1;
  std::string url 1;
};
class vim25__ArrayOfVirtualMachineConfigInfoDatastoreUrlPair : public xsd__anyType {
 public:
  std::vector<vim25__VirtualMachineConfigInfoDatastoreUrlPair>
      VirtualMachineConfigInfoDatastoreUrlPair 0;
};
class vim25__VirtualMachineConfigInfo : public xsd__anyType {
 public:
  std::string changeVersion 1;
  xsd__dateTime modified 1;
  std::string name 1;
  std::string guestFullName 1;
  std::string version 1;
  std::string uuid 1;
  std::optional<xsd__dateTime> createDate 0;
  std::optional<std::string> instanceUuid 0;
  std::optional<std::string> locationId 0;
  bool template_ 1;
  std::string guestId 1;
  std::string alternateGuestName 1;
  std::optional<std::string> annotation 0;
  vim25__VirtualMachineFileInfo files 1;
  std::optional<vim25__ToolsConfigInfo> tools 0;
  vim25__VirtualMachineFlagInfo flags 1;
  vim25__VirtualMachineDefaultPowerOpInfo defaultPowerOps 1;
  vim25__VirtualHardware hardware 1;
  std::optional<vim25__ResourceAllocationInfo> cpuAllocation 0;
  std::optional<vim25__ResourceAllocationInfo> memoryAllocation 0;
  std::optional<bool> memoryHotAddEnabled 0;
  std::optional<bool> cpuHotAddEnabled 0;
  std::optional<bool> cpuHotRemoveEnabled 0;
  std::vector<vim25__OptionValue> extraConfig 0;
  std::vector<vim25__VirtualMachineConfigInfoDatastoreUrlPair> datastoreUrl 0;
  std::optional<std::string> swapPlacement 0;
  std::optional<vim25__VirtualMachineBootOptions> bootOptions 0;
  std::optional<bool> changeTrackingEnabled 0;
  std::optional<std::string> firmware 0;
  std::optional<bool> memoryReservationLockedToMax 0;
  std::optional<bool> nestedHVEnabled 0;
  std::optional<bool> vPMCEnabled 0;
  std::optional<xsd__base64Binary> vmxConfigChecksum 0;
  std::optional<bool> messageBusTunnelEnabled 0;
  std::optional<std::string> vmStorageObjectId 0;
  std::optional<vim25__CryptoKeyId> keyId 0;
  std::optional<std::string> migrateEncryption 0;
  std::optional<std::string> ftEncryptionMode 0;
  std::optional<bool> sevEnabled 0;
};
