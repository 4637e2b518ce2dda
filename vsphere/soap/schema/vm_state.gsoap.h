// What a virtual machine is doing: runtime, summary, the files it has, its snapshots.
#import "base.gsoap.h"

class vim25__VirtualMachineConnectionState : public xsd__string_ { public: };
class vim25__VirtualMachinePowerState : public xsd__string_ { public: };
class vim25__VirtualMachineFaultToleranceState : public xsd__string_ { public: };
class vim25__VirtualMachineRecordReplayState : public xsd__string_ { public: };

class vim25__VirtualMachineRuntimeInfo : public xsd__anyType {
 public:
  std::optional<vim25__ManagedObjectReference> host 0;
  std::string connectionState 1;  // connected disconnected orphaned inaccessible invalid
  std::string powerState 1;       // poweredOff poweredOn suspended
  std::string faultToleranceState 1;
  bool toolsInstallerMounted 1;
  std::optional<xsd__dateTime> suspendTime 0;
  std::optional<xsd__dateTime> bootTime 0;
  int numMksConnections 1;
  std::string recordReplayState 1;
  std::optional<bool> cleanPowerOff 0;
  bool onlineStandby 1;
  bool consolidationNeeded 1;
  std::optional<bool> paused 0;
  std::optional<bool> instantCloneFrozen 0;
  std::optional<std::string> cryptoState 0;  // unlocked locked
};
class vim25__VirtualMachineConfigSummary : public xsd__anyType {
 public:
  std::string name 1;
  bool template_ 1;
  std::string vmPathName 1;
  std::optional<int> memorySizeMB 0;
  std::optional<int> numCpu 0;
  std::optional<int> numEthernetCards 0;
  std::optional<int> numVirtualDisks 0;
  std::optional<std::string> uuid 0;
  std::optional<std::string> instanceUuid 0;
  std::optional<std::string> guestId 0;
  std::optional<std::string> guestFullName 0;
  std::optional<std::string> annotation 0;
  std::optional<bool> installBootRequired 0;
  std::optional<bool> tpmPresent 0;
  std::optional<int> numVmiopBackings 0;
  std::optional<std::string> hwVersion 0;
};

class vim25__VirtualMachineFileLayoutExFileInfo : public xsd__anyType {
 public:
  int key 1;
  std::string name 1;
  std::string type 1;
  LONG64 size 1;
  std::optional<LONG64> uniqueSize 0;
  std::optional<std::string> backingObjectId 0;
  std::optional<bool> accessible 0;
};
class vim25__ArrayOfVirtualMachineFileLayoutExFileInfo : public xsd__anyType {
 public:
  std::vector<vim25__VirtualMachineFileLayoutExFileInfo> VirtualMachineFileLayoutExFileInfo 0;
};
class vim25__VirtualMachineFileLayoutExDiskUnit : public xsd__anyType {
 public:
  std::vector<int> fileKey 1;
};
class vim25__VirtualMachineFileLayoutExDiskLayout : public xsd__anyType {
 public:
  int key 1;
  std::vector<vim25__VirtualMachineFileLayoutExDiskUnit> chain 0;
};
class vim25__VirtualMachineFileLayoutExSnapshotLayout : public xsd__anyType {
 public:
  vim25__ManagedObjectReference key 1;
  int dataKey 1;
  int memoryKey 1;
  std::vector<vim25__VirtualMachineFileLayoutExDiskLayout> disk 0;
};
class vim25__VirtualMachineFileLayoutEx : public xsd__anyType {
 public:
  std::vector<vim25__VirtualMachineFileLayoutExFileInfo> file 0;
  std::vector<vim25__VirtualMachineFileLayoutExDiskLayout> disk 0;
  std::vector<vim25__VirtualMachineFileLayoutExSnapshotLayout> snapshot 0;
  xsd__dateTime timestamp 1;
};

class vim25__VirtualMachineSnapshotTree : public xsd__anyType {
 public:
  vim25__ManagedObjectReference snapshot 1;
  vim25__ManagedObjectReference vm 1;
  std::string name 1;
  std::string description 1;
  int id 1;
  xsd__dateTime createTime 1;
  std::string state 1;
  bool quiesced 1;
  std::optional<std::string> backupManifest 0;
  std::vector<vim25__VirtualMachineSnapshotTree> childSnapshotList 0;
  std::optional<bool> replaySupported 0;
};
class vim25__ArrayOfVirtualMachineSnapshotTree : public xsd__anyType {
 public:
  std::vector<vim25__VirtualMachineSnapshotTree> VirtualMachineSnapshotTree 0;
};
class vim25__VirtualMachineSnapshotInfo : public xsd__anyType {
 public:
  std::optional<vim25__ManagedObjectReference> currentSnapshot 0;
  std::vector<vim25__VirtualMachineSnapshotTree> rootSnapshotList 1;
};
