// VirtualDevice, what all devices share, and the devices that are neither controllers, disks nor NICs.
#import "base.gsoap.h"
#import "encryption.gsoap.h"

class vim25__VirtualDeviceBackingInfo : public xsd__anyType { public: };
class vim25__VirtualDeviceFileBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string fileName 1;
  std::optional<vim25__ManagedObjectReference> datastore 0;
  std::optional<std::string> backingObjectId 0;
};
class vim25__VirtualDeviceDeviceBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string deviceName 1;
  std::optional<bool> useAutoDetect 0;
};
class vim25__VirtualDeviceRemoteDeviceBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string deviceName 1;
  std::optional<bool> useAutoDetect 0;
};
class vim25__VirtualDevicePipeBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string pipeName 1;
};
class vim25__VirtualDeviceURIBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
  std::string serviceURI 1;
  std::string direction 1;
  std::optional<std::string> proxyURI 0;
};

class vim25__VirtualDeviceConnectInfo : public xsd__anyType {
 public:
  std::optional<std::string> migrateConnect 0;
  bool startConnected 1;
  bool allowGuestControl 1;
  bool connected 1;
  std::optional<std::string> status 0;
};
class vim25__VirtualDeviceBusSlotInfo : public xsd__anyType { public: };
class vim25__VirtualDevicePciBusSlotInfo : public vim25__VirtualDeviceBusSlotInfo {
 public:
  int pciSlotNumber 1;
};
class vim25__VirtualUSBControllerPciBusSlotInfo : public vim25__VirtualDevicePciBusSlotInfo {
 public:
  std::optional<int> ehciPciSlotNumber 0;
};
class vim25__VirtualDeviceDeviceGroupInfo : public xsd__anyType {
 public:
  std::optional<int> groupInstanceKey 0;
  std::optional<int> sequenceId 0;
};

class vim25__VirtualDevice : public xsd__anyType {
 public:
  int key 1;
  vim25__Description *deviceInfo 0;
  vim25__VirtualDeviceBackingInfo *backing 0;
  std::optional<vim25__VirtualDeviceConnectInfo> connectable 0;
  vim25__VirtualDeviceBusSlotInfo *slotInfo 0;
  std::optional<int> controllerKey 0;
  std::optional<int> unitNumber 0;
  std::optional<int> numaNode 0;
  std::optional<vim25__VirtualDeviceDeviceGroupInfo> deviceGroupInfo 0;
};
class vim25__ArrayOfVirtualDevice : public xsd__anyType {
 public:
  std::vector<vim25__VirtualDevice *> VirtualDevice 0;
};

class vim25__VirtualTPM : public vim25__VirtualDevice {
 public:
  std::vector<xsd__base64Binary> endorsementKeyCertificateSigningRequest 0;
  std::vector<xsd__base64Binary> endorsementKeyCertificate 0;
};

class vim25__VirtualCdrom : public vim25__VirtualDevice { public: };
class vim25__VirtualCdromIsoBackingInfo : public vim25__VirtualDeviceFileBackingInfo { public: };
class vim25__VirtualCdromAtapiBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};
class vim25__VirtualCdromPassthroughBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  bool exclusive 1;
};
class vim25__VirtualCdromRemotePassthroughBackingInfo
    : public vim25__VirtualDeviceRemoteDeviceBackingInfo {
 public:
  bool exclusive 1;
};
class vim25__VirtualCdromRemoteAtapiBackingInfo
    : public vim25__VirtualDeviceRemoteDeviceBackingInfo {
 public:
};

class vim25__VirtualFloppy : public vim25__VirtualDevice { public: };
class vim25__VirtualFloppyImageBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
};
class vim25__VirtualFloppyDeviceBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};
class vim25__VirtualFloppyRemoteDeviceBackingInfo
    : public vim25__VirtualDeviceRemoteDeviceBackingInfo {
 public:
};

class vim25__VirtualKeyboard : public vim25__VirtualDevice { public: };
class vim25__VirtualPointingDevice : public vim25__VirtualDevice { public: };
class vim25__VirtualPointingDeviceDeviceBackingInfo
    : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::string hostPointingDevice 1;
};
class vim25__VirtualMachineVideoCard : public vim25__VirtualDevice {
 public:
  std::optional<LONG64> videoRamSizeInKB 0;
  std::optional<int> numDisplays 0;
  std::optional<bool> useAutoDetect 0;
  std::optional<bool> enable3DSupport 0;
  std::optional<std::string> use3dRenderer 0;
  std::optional<LONG64> graphicsMemorySizeInKB 0;
};
class vim25__VirtualMachineVMCIDevice : public vim25__VirtualDevice {
 public:
  std::optional<LONG64> id 0;
  std::optional<bool> allowUnrestrictedCommunication 0;
  std::optional<bool> filterEnable 0;
};

class vim25__VirtualSoundCard : public vim25__VirtualDevice { public: };
class vim25__VirtualHdAudioCard : public vim25__VirtualSoundCard { public: };
class vim25__VirtualEnsoniq1371 : public vim25__VirtualSoundCard { public: };
class vim25__VirtualSoundBlaster16 : public vim25__VirtualSoundCard { public: };
class vim25__VirtualSoundCardDeviceBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};

class vim25__VirtualSerialPort : public vim25__VirtualDevice { public: bool yieldOnPoll 1; };
class vim25__VirtualSerialPortFileBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
};
class vim25__VirtualSerialPortDeviceBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};
class vim25__VirtualSerialPortPipeBackingInfo : public vim25__VirtualDevicePipeBackingInfo {
 public:
  std::string endpoint 1;
  std::optional<bool> noRxLoss 0;
};
class vim25__VirtualSerialPortURIBackingInfo : public vim25__VirtualDeviceURIBackingInfo {
 public:
};
class vim25__VirtualSerialPortThinPrintBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
};
class vim25__VirtualParallelPort : public vim25__VirtualDevice { public: };
class vim25__VirtualParallelPortFileBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
};
class vim25__VirtualParallelPortDeviceBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};

class vim25__VirtualPCIPassthrough : public vim25__VirtualDevice { public: };
class vim25__VirtualPCIPassthroughDeviceBackingInfo
    : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::string id 1;
  std::string deviceId 1;
  std::string systemId 1;
  short vendorId 1;
};
class vim25__VirtualPCIPassthroughDynamicBackingInfo
    : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::optional<std::string> customLabel 0;
  std::optional<std::string> assignedId 0;
};
class vim25__VirtualPCIPassthroughPluginBackingInfo : public vim25__VirtualDeviceBackingInfo {
 public:
};
class vim25__VirtualPCIPassthroughVmiopBackingInfo
    : public vim25__VirtualPCIPassthroughPluginBackingInfo {
 public:
  std::optional<std::string> vgpu 0;
  std::optional<bool> migrateSupported 0;
};
class vim25__VirtualSCSIPassthrough : public vim25__VirtualDevice { public: };
class vim25__VirtualSCSIPassthroughDeviceBackingInfo
    : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
};

class vim25__VirtualUSB : public vim25__VirtualDevice {
 public:
  bool connected 1;
  std::optional<int> vendor 0;
  std::optional<int> product 0;
  std::vector<std::string> family 0;
  std::vector<std::string> speed 0;
};
class vim25__VirtualUSBUSBBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo { public: };
class vim25__VirtualUSBRemoteHostBackingInfo : public vim25__VirtualDeviceDeviceBackingInfo {
 public:
  std::string hostname 1;
};
class vim25__VirtualUSBRemoteClientBackingInfo
    : public vim25__VirtualDeviceRemoteDeviceBackingInfo {
 public:
  std::string hostname 1;
};

class vim25__VirtualWDT : public vim25__VirtualDevice {
 public:
  bool runOnBoot 1;
  bool running 1;
};
class vim25__VirtualPrecisionClock : public vim25__VirtualDevice { public: };
class vim25__VirtualPrecisionClockSystemClockBackingInfo
    : public vim25__VirtualDeviceBackingInfo {
 public:
  std::optional<std::string> protocol 0;
};
class vim25__VirtualNVDIMM : public vim25__VirtualDevice {
 public:
  LONG64 capacityInMB 1;
  std::optional<LONG64> configuredCapacityInMB 0;
};
class vim25__VirtualNVDIMMBackingInfo : public vim25__VirtualDeviceFileBackingInfo {
 public:
  class vim25__VirtualNVDIMMBackingInfo *parent 0;
  std::optional<std::string> changeId 0;
};
