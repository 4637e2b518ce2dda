#include "cache/saved/firmware_file.h"

#include "tests/unit/saved/hostile_inputs.h"

namespace vtpmfs::cache {
namespace {

TEST(FirmwareFile, RendersAndReads) {
  EXPECT_EQ(render_firmware("efi"), "efi\n");
  for (const char* text : {"efi", "efi\n", " \t\r\nefi \r\n"}) {
    const auto firmware = parse_firmware(text);
    ASSERT_TRUE(firmware) << text;
    EXPECT_EQ(*firmware, "efi");
  }
  EXPECT_EQ(parse_firmware("bios\n").value(), "bios");
}

TEST(FirmwareFile, RefusesAnythingElse) {
  for (const char* text : {"EFI", "efi efi", "uefi", "e", "\"efi\"", "efi\x01"}) {
    expect_refused(parse_firmware(text), "firmware", text);
  }
  expect_refused(parse_firmware(std::string_view("efi\0", 4)), "firmware", "NUL");
  for (const auto& input : hostile_inputs()) {
    expect_refused(parse_firmware(input), "firmware", input);
  }
}

}  // namespace
}  // namespace vtpmfs::cache
