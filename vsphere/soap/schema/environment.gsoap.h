// What hardware a compute resource can give to new VMs. A server's answer has hundreds of elements
// more, which nobody here reads.
#import "base.gsoap.h"

class vim25__OptionType : public xsd__anyType {
 public:
  std::optional<bool> valueIsReadonly 0;
};
class vim25__IntOption : public vim25__OptionType {
 public:
  int min 1;
  int max 1;
  int defaultValue 1;
};

class vim25__VirtualMachineConfigOptionDescriptor : public xsd__anyType {
 public:
  std::string key 1;
  std::optional<std::string> description 0;
  std::vector<vim25__ManagedObjectReference> host 0;
  bool createSupported 1;
  bool defaultConfigOption 1;
  bool runSupported 1;
  bool upgradeSupported 1;
};

class vim25__GuestOsDescriptor : public xsd__anyType {
 public:
  std::string id 1;
};

// Each kind of device has a type of its own that derives from this one.
class vim25__VirtualDeviceOption : public xsd__anyType {
 public:
  std::string type 1;
};
class vim25__VirtualHardwareOption : public xsd__anyType {
 public:
  std::vector<vim25__VirtualDeviceOption*> virtualDeviceOption 0;
  std::optional<vim25__IntOption> numTPMDevices 0;
};
class vim25__VirtualMachineConfigOption : public xsd__anyType {
 public:
  std::string version 1;
  std::vector<vim25__GuestOsDescriptor> guestOSDescriptor 0;
  vim25__VirtualHardwareOption hardwareOptions 1;
};
class vim25__EnvironmentBrowserConfigOptionQuerySpec : public xsd__anyType {
 public:
  std::optional<std::string> key 0;
  std::optional<vim25__ManagedObjectReference> host 0;
  std::vector<std::string> guestId 0;
};

class _vim25__QueryConfigOptionDescriptor {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
};
class _vim25__QueryConfigOptionDescriptorResponse {
 public:
  std::vector<vim25__VirtualMachineConfigOptionDescriptor> returnval 0;
};
class _vim25__QueryConfigOptionEx {
 public:
  vim25__ManagedObjectReference _USCOREthis 1;
  std::optional<vim25__EnvironmentBrowserConfigOptionQuerySpec> spec 0;
};
class _vim25__QueryConfigOptionExResponse {
 public:
  std::optional<vim25__VirtualMachineConfigOption> returnval 0;
};
