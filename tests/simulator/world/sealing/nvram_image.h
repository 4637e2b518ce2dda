// The contents of an nvram file: EFI variables and the vTPM's state in one image, encrypted as a
// whole with the virtual machine's data key (AES-256-GCM), or plain where VM home is not encrypted.
//
// The image carries the vTPM's identity. That is how a test can prove that a restore really works:
// the restored machine's image opens with its bundle and key, and shows the identity of the
// original. A single changed byte makes it refuse to open. Pure functions; 270,840 bytes take about
// 0.2 ms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// What an image holds that the world cares about.
struct NvramState {
  /// The vTPM's 32-byte identity, from which its endorsement keys follow; empty without a vTPM.
  std::string tpm_identity;
  /// Counts the guest's writes: another generation has other bytes.
  std::uint64_t generation = 0;
};

/// Sizes seen in the field: EFI firmware of recent hosts, and BIOS.
constexpr std::size_t efi_nvram_size = 270840;
constexpr std::size_t bios_nvram_size = 8684;

/// The bytes of an image of exactly `size` bytes. With an empty `data_key` it is not encrypted.
std::string write_nvram(const NvramState& state, std::string_view data_key, std::size_t size);

/// Reads an image back; nothing when it does not open with `data_key` or is no image.
std::optional<NvramState> open_nvram(std::string_view image, std::string_view data_key);

}  // namespace vtpmfs::simulator
