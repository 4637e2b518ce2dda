#include "cache/saved/firmware_file.h"

#include <fmt/format.h>

#include <cerrno>

#include "cache/saved/file_names.h"
#include "cache/saved/plain_text.h"

namespace vtpmfs::cache {

std::string render_firmware(std::string_view firmware) {
  return std::string(firmware) + '\n';
}

Result<std::string> parse_firmware(std::string_view text) {
  if (text.size() > kFirmwareMaxBytes) {
    return fail(EFBIG,
                fmt::format("{}: expected at most {} bytes", kFirmwareFile, kFirmwareMaxBytes));
  }
  const std::string_view word = trimmed(text);
  if (word != "efi" && word != "bios") {
    return fail(EINVAL, fmt::format("{}: expected the word efi", kFirmwareFile));
  }
  return std::string(word);
}

}  // namespace vtpmfs::cache
