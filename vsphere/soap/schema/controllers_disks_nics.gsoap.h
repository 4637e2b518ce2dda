// Controllers, disks, network cards, and their backings.
#import "devices.gsoap.h"

class vim25__VirtualController : public vim25__VirtualDevice {
 public:
  int busNumber 1;
  std::vector<int> device 0;
};
class vim25__VirtualSCSIController : public vim25__VirtualController {
 public:
  std::optional<bool> hotAddRemove 0;
  std::string sharedBus 1;  // noSharing virtualSharing physicalSharing
  std::optional<int> scsiCtlrUnitNumber 0;
};
class vim25__VirtualLsiLogicController : public vim25__VirtualSCSIController { public: };
class vim25__VirtualLsiLogicSASController : public vim25__VirtualSCSIController { public: };
class vim25__VirtualBusLogicController : public vim25__VirtualSCSIController { public: };
class vim25__ParaVirtualSCSIController : public vim25__VirtualSCSIController { public: };
class vim25__VirtualSATAController : public vim25__VirtualController { public: };
class vim25__VirtualAHCIController : public vim25__VirtualSATAController { public: };
// sharedBus of 8.0.2 is left out: a server that is asked in an older version refuses it.
class vim25__VirtualNVMEController : public vim25__VirtualController { public: };
class vim25__VirtualIDEController : public vim25__VirtualController { public: };
class vim25__VirtualPCIController : public vim25__VirtualController { public: };
class vim25__VirtualPS2Controller : public vim25__VirtualController { public: };
class vim25__VirtualSIOController : public vim25__VirtualController { public: };
class vim25__VirtualUSBController : public vim25__VirtualController {
 public:
  std::optional<bool> autoConnectDevices 0;
  std::optional<bool> ehciEnabled 0;
};
class vim25__VirtualUSBXHCIController : public vim25__VirtualController {
 public:
  std::optional<bool> autoConnectDevices 0;
};
class vim25__VirtualNVDIMMController : public vim25__VirtualController { public: };

class vim25__SharesInfo : public xsd__anyType {
 public:
  int shares 1;
  std::string level 1;
};
class vim25__StorageIOAllocationInfo : public xsd__anyType {
 public:
  std::optional<LONG64> limit 0;
  std::optional<vim25__SharesInfo> shares 0;
  std::optional<int> reservation 0;
};
class vim25__VirtualDisk : public vim25__VirtualDevice {
 public:
  LONG64 capacityInKB 1;
  std::optional<LONG64> capacityInBytes 0;
  std::optional<vim25__SharesInfo> shares 0;
  std::optional<vim25__StorageIOAllocationInfo> storageIOAllocation 0;
  std::optional<std::string> diskObjectId 0;
  std::vector<std::string> iofilter 0;
  std::optional<bool> nativeUnmanagedLinkedClone 0;
};
class vim25__VirtualDiskFlatVer1BackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<bool> split 0;
  std::optional<bool> writeThrough 0;
  std::optional<std::string> contentId 0;
  class vim25__VirtualDiskFlatVer1BackingInfo *parent 0;
};
class vim25__VirtualDiskFlatVer2BackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<bool> split 0;
  std::optional<bool> writeThrough 0;
  std::optional<bool> thinProvisioned 0;
  std::optional<bool> eagerlyScrub 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> contentId 0;
  std::optional<std::string> changeId 0;
  class vim25__VirtualDiskFlatVer2BackingInfo *parent 0;
  std::optional<std::string> deltaDiskFormat 0;
  std::optional<bool> digestEnabled 0;
  std::optional<int> deltaGrainSize 0;
  std::optional<std::string> deltaDiskFormatVariant 0;
  std::optional<std::string> sharing 0;
  std::optional<vim25__CryptoKeyId> keyId 0;
};
class vim25__VirtualDiskSeSparseBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<bool> writeThrough 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> contentId 0;
  std::optional<std::string> changeId 0;
  class vim25__VirtualDiskSeSparseBackingInfo *parent 0;
  std::optional<std::string> deltaDiskFormat 0;
  std::optional<bool> digestEnabled 0;
  std::optional<int> grainSize 0;
  std::optional<vim25__CryptoKeyId> keyId 0;
};
class vim25__VirtualDiskSparseVer1BackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<bool> split 0;
  std::optional<bool> writeThrough 0;
  std::optional<LONG64> spaceUsedInKB 0;
  std::optional<std::string> contentId 0;
  class vim25__VirtualDiskSparseVer1BackingInfo *parent 0;
};
class vim25__VirtualDiskSparseVer2BackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<bool> split 0;
  std::optional<bool> writeThrough 0;
  std::optional<LONG64> spaceUsedInKB 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> contentId 0;
  std::optional<std::string> changeId 0;
  class vim25__VirtualDiskSparseVer2BackingInfo *parent 0;
  std::optional<vim25__CryptoKeyId> keyId 0;
};
class vim25__VirtualDiskRawDiskMappingVer1BackingInfo
    : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::optional<std::string> lunUuid 0;
  std::optional<std::string> deviceName 0;
  std::optional<std::string> compatibilityMode 0;
  std::optional<std::string> diskMode 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> contentId 0;
  std::optional<std::string> changeId 0;
  class vim25__VirtualDiskRawDiskMappingVer1BackingInfo *parent 0;
  std::optional<std::string> deltaDiskFormat 0;
  std::optional<int> deltaGrainSize 0;
  std::optional<std::string> sharing 0;
};
class vim25__VirtualDiskRawDiskVer2BackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::string descriptorFileName 1;
  std::optional<std::string> uuid 0;
  std::optional<std::string> changeId 0;
  std::optional<std::string> sharing 0;
};
class vim25__VirtualDiskPartitionedRawDiskVer2BackingInfo
    : public vim25__VirtualDiskRawDiskVer2BackingInfo {
 public:
  std::vector<int> partition 1;
};
class vim25__VirtualDiskLocalPMemBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  std::string diskMode 1;
  std::optional<std::string> uuid 0;
  std::optional<std::string> volumeUUID 0;
  std::optional<std::string> contentId 0;
};

class vim25__VirtualEthernetCardResourceAllocation : public xsd__anyType {
 public:
  std::optional<LONG64> reservation 0;
  vim25__SharesInfo share 1;
  std::optional<LONG64> limit 0;
};
class vim25__VirtualEthernetCard : public vim25__VirtualDevice {
 public:
  std::optional<std::string> addressType 0;
  std::optional<std::string> macAddress 0;
  std::optional<bool> wakeOnLanEnabled 0;
  std::optional<vim25__VirtualEthernetCardResourceAllocation> resourceAllocation 0;
  std::optional<std::string> externalId 0;
  std::optional<bool> uptCompatibilityEnabled 0;
};
class vim25__VirtualVmxnet : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualVmxnet2 : public vim25__VirtualVmxnet { public: };
class vim25__VirtualVmxnet3 : public vim25__VirtualVmxnet {
 public:
  std::optional<bool> uptv2Enabled 0;
};
class vim25__VirtualVmxnet3Vrdma : public vim25__VirtualVmxnet3 {
 public:
  std::optional<std::string> deviceProtocol 0;
};
class vim25__VirtualE1000 : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualE1000e : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualPCNet32 : public vim25__VirtualEthernetCard { public: };
class vim25__VirtualSriovEthernetCardSriovBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  vim25__VirtualPCIPassthroughDeviceBackingInfo *physicalFunctionBacking 0;
  vim25__VirtualPCIPassthroughDeviceBackingInfo *virtualFunctionBacking 0;
  std::optional<int> virtualFunctionIndex 0;
};
class vim25__VirtualSriovEthernetCard : public vim25__VirtualEthernetCard {
 public:
  std::optional<bool> allowGuestOSMtuChange 0;
  vim25__VirtualSriovEthernetCardSriovBackingInfo *sriovBacking 0;
};
class vim25__VirtualEthernetCardNetworkBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::optional<vim25__ManagedObjectReference> network 0;
  std::optional<bool> inPassthroughMode 0;
};
class vim25__VirtualEthernetCardLegacyNetworkBackingInfo
    : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};
class vim25__DistributedVirtualSwitchPortConnection : public xsd__anyType {
 public:
  std::string switchUuid 1;
  std::optional<std::string> portgroupKey 0;
  std::optional<std::string> portKey 0;
  std::optional<int> connectionCookie 0;
};
class vim25__VirtualEthernetCardDistributedVirtualPortBackingInfo
    : public vim25__VirtualDeviceBackingInfo {
 public:
  vim25__DistributedVirtualSwitchPortConnection port 1;
};
class vim25__VirtualEthernetCardOpaqueNetworkBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string opaqueNetworkId 1;
  std::string opaqueNetworkType 1;
};
