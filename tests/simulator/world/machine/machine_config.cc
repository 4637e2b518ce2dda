#include "tests/simulator/world/machine/machine_config.h"

#include <array>
#include <charconv>

namespace vtpmfs::simulator {
namespace {

struct Guest {
  std::string_view id;
  std::string_view full_name;
  std::string_view firmware;
};

constexpr std::array guests = {
    Guest{"windows11_64Guest", "Microsoft Windows 11 (64-bit)", "efi"},
    Guest{"windows9_64Guest", "Microsoft Windows 10 (64-bit)", "efi"},
    Guest{"windows2019srv_64Guest", "Microsoft Windows Server 2019 (64-bit)", "efi"},
    Guest{"windows2019srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)", "efi"},
    Guest{"windows2022srvNext_64Guest", "Microsoft Windows Server 2025 (64-bit)", "efi"},
    Guest{"ubuntu64Guest", "Ubuntu Linux (64-bit)", "bios"},
    Guest{"debian12_64Guest", "Debian GNU/Linux 12 (64-bit)", "bios"},
    Guest{"rhel9_64Guest", "Red Hat Enterprise Linux 9 (64-bit)", "efi"},
    Guest{"otherGuest64", "Other (64-bit)", "bios"},
    Guest{"otherGuest", "Other (32-bit)", "bios"},
};

const Guest* guest_of(std::string_view id) {
  for (const Guest& guest : guests) {
    if (guest.id == id) return &guest;
  }
  return nullptr;
}

}  // namespace

std::string MachineConfig::nvram_path() const {
  if (!nvram.empty()) return in_home(nvram);
  const std::string_view name = file_name_of(vmx);
  return in_home(std::string(name.substr(0, name.rfind('.'))) + ".nvram");
}

int MachineConfig::hardware_version() const {
  return hardware_version_of(version);
}

int hardware_version_of(std::string_view version) {
  constexpr std::string_view prefix = "vmx-";
  if (version.substr(0, prefix.size()) != prefix) return 0;
  version.remove_prefix(prefix.size());
  int number = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), number);
  return read.ec == std::errc() && read.ptr == version.data() + version.size() ? number : 0;
}

std::string guest_full_name(std::string_view guest_id) {
  const Guest* guest = guest_of(guest_id);
  return std::string(guest != nullptr ? guest->full_name : guest_id);
}

std::string default_firmware(std::string_view guest_id) {
  const Guest* guest = guest_of(guest_id);
  return std::string(guest != nullptr ? guest->firmware : "bios");
}

}  // namespace vtpmfs::simulator
