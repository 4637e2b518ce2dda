#include "cache/saved/sha256sums.h"

#include "tests/unit/saved/hostile_inputs.h"

namespace vtpmfs::cache {
namespace {

const std::string kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Sha256Sums all_six() {
  Sha256Sums sums;
  for (const char* name :
       {"vtpm.json", "nvram", "keyId", "firmware", "encryption.bundle", "config.json"}) {
    sums.emplace(name, sha256(name));
  }
  return sums;
}

TEST(Sha256SumsFile, RendersCoreutilsForm) {
  EXPECT_EQ(render_sha256sums({{"nvram", sha256("abc")}, {"keyId", sha256("abc")}}),
            kHashOfAbc + "  keyId\n" + kHashOfAbc + "  nvram\n");
}

TEST(Sha256SumsFile, ReadsWhatItRenders) {
  const auto sums = parse_sha256sums(render_sha256sums(all_six()));
  ASSERT_TRUE(sums) << sums.error().words;
  EXPECT_EQ(*sums, all_six());
}

TEST(Sha256SumsFile, ReadsOtherHonestForms) {
  std::string upper = kHashOfAbc;
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  for (const auto& text : {kHashOfAbc + " *nvram\n", kHashOfAbc + "  nvram", upper + "  nvram\n"}) {
    const auto sums = parse_sha256sums(text);
    ASSERT_TRUE(sums) << text;
    EXPECT_EQ(*sums, (Sha256Sums{{"nvram", sha256("abc")}}));
  }
}

TEST(Sha256SumsFile, RefusesOtherNames) {
  for (const char* name : {"SHA256SUMS", "../nvram", "./nvram", "a/nvram", "/nvram", "nvram ",
                           " nvram", "NVRAM", "", "other", "nvram\t"}) {
    const std::string text = kHashOfAbc + "  " + name + "\n";
    expect_refused(parse_sha256sums(text), "SHA256SUMS", text);
  }
  expect_refused(parse_sha256sums(kHashOfAbc + "  nvram" + std::string(1, '\0') + "\n"),
                 "SHA256SUMS", "NUL");
}

TEST(Sha256SumsFile, RefusesBadLines) {
  const std::string line = kHashOfAbc + "  nvram\n";
  for (const auto& text :
       {line + line, "\n" + line, line + "\n", line + "# comment\n", "\\" + line,
        kHashOfAbc + "  nvram\r\n", kHashOfAbc + " nvram\n", kHashOfAbc + "\tnvram\n",
        kHashOfAbc.substr(1) + "  nvram\n", "0" + line, "g" + line.substr(1),
        "SHA256 (nvram) = " + kHashOfAbc + "\n", kHashOfAbc, kHashOfAbc + " ", kHashOfAbc + "  "}) {
    expect_refused(parse_sha256sums(text), "SHA256SUMS", text);
  }
  const auto dos = parse_sha256sums(kHashOfAbc + "  nvram\r\n");
  EXPECT_NE(dos.error().words.find("carriage return"), std::string::npos);
}

TEST(Sha256SumsFile, RefusesHostileInput) {
  for (const auto& input : hostile_inputs()) {
    expect_refused(parse_sha256sums(input), "SHA256SUMS", input);
  }
}

}  // namespace
}  // namespace vtpmfs::cache
