// How devices are numbered: the key that a vCenter gives to a device of each type, and its label.
#pragma once

#include <string>
#include <vector>

class vim25__VirtualDevice;

namespace vtpmfs::simulator {

/// What vCenter thinks of a type of device.
struct DeviceKind {
  int first_key;          ///< the key of the first one
  int most;               ///< how many a machine may have
  const char* label;      ///< "Network adapter"
  int counts_from;        ///< the number in the first one's label; -1: it has none
  bool needs_controller;  ///< sits on a controller
  int fixed_controller;   ///< the controller that it always has; 0: none
};

/// Nothing where a client may not add such a device (null).
const DeviceKind* kind_of(const vim25__VirtualDevice& device);

/// "Network adapter 1"
std::string label_of(const DeviceKind& kind, int key);

/// How many of the devices are of the same kind.
int count_of_kind(const std::vector<vim25__VirtualDevice*>& devices, const DeviceKind& kind);

/// The first free key of the kind.
int free_key(const std::vector<vim25__VirtualDevice*>& devices, const DeviceKind& kind);

/// The first free unit of a controller; units that the controller itself occupies are left out.
int free_unit(const std::vector<vim25__VirtualDevice*>& devices, int controller_key);

}  // namespace vtpmfs::simulator
