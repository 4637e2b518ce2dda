// The names of the files of a saved directory, and the most that a file of that name may hold.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace vtpmfs::cache {

inline constexpr std::string_view kKeyIdFile = "keyId";
inline constexpr std::string_view kBundleFile = "encryption.bundle";
inline constexpr std::string_view kFirmwareFile = "firmware";
inline constexpr std::string_view kVtpmFile = "vtpm.json";
inline constexpr std::string_view kNvramFile = "nvram";
inline constexpr std::string_view kConfigFile = "config.json";
inline constexpr std::string_view kSha256SumsFile = "SHA256SUMS";

/// The six files that SHA256SUMS is over, sorted as in it (by bytes).
inline constexpr std::array kSummedFiles{kConfigFile, kBundleFile, kFirmwareFile,
                                         kKeyIdFile,  kNvramFile,  kVtpmFile};

/// A reader refuses more with EFBIG before it looks at a byte. Real files are far smaller: a bundle
/// has a few hundred bytes, a vtpm.json about 10 KB.
inline constexpr size_t kKeyIdMaxBytes = 64UL << 10;
inline constexpr size_t kBundleMaxBytes = 256UL << 10;
inline constexpr size_t kFirmwareMaxBytes = 256;
inline constexpr size_t kVtpmMaxBytes = 4UL << 20;
inline constexpr size_t kConfigMaxBytes = 4UL << 20;
inline constexpr size_t kSha256SumsMaxBytes = 4UL << 10;

}  // namespace vtpmfs::cache
