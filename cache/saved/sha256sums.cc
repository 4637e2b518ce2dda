#include "cache/saved/sha256sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "cache/saved/file_names.h"
#include "cache/saved/plain_text.h"

namespace vtpmfs::cache {
namespace {

constexpr size_t kHashDigits = 64;

tl::unexpected<Error> refused(size_t line, std::string_view expected) {
  return fail(EINVAL, fmt::format("{}: line {}: expected {}", kSha256SumsFile, line, expected));
}

/// One line, without its newline.
Status parse_line(std::string_view line, size_t number, Sha256Sums& sums) {
  if (!line.empty() && line.back() == '\r') {
    return refused(number, "no carriage return at its end (the file was changed to DOS lines)");
  }
  if (!line.empty() && line.front() == '\\') {
    return refused(number, "a plain name, not an escaped one");
  }
  const std::string_view separator = line.substr(std::min(kHashDigits, line.size())).substr(0, 2);
  const auto hash = sha256_from_hex(line.substr(0, kHashDigits));
  if (!hash || (separator != "  " && separator != " *")) {
    return refused(number, "64 hex digits, two blanks and a name");
  }
  const std::string_view name = line.substr(kHashDigits + separator.size());
  if (std::find(kSummedFiles.begin(), kSummedFiles.end(), name) == kSummedFiles.end()) {
    return refused(number, fmt::format("one of the names {}", fmt::join(kSummedFiles, ", ")));
  }
  if (!sums.emplace(name, *hash).second) {
    return refused(number, fmt::format("{} once", name));
  }
  return {};
}

}  // namespace

std::string render_sha256sums(const Sha256Sums& sums) {
  std::string text;
  for (const auto& [name, hash] : sums) text += fmt::format("{}  {}\n", hex(hash), name);
  return text;
}

Result<Sha256Sums> parse_sha256sums(std::string_view text) {
  if (text.size() > kSha256SumsMaxBytes) {
    return fail(EFBIG,
                fmt::format("{}: expected at most {} bytes", kSha256SumsFile, kSha256SumsMaxBytes));
  }
  Sha256Sums sums;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    if (auto status = parse_line(text.substr(0, end), number, sums); !status) {
      return fail(status.error());
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (sums.empty()) {
    return fail(EINVAL,
                fmt::format("{}: expected a line for each file, it is empty", kSha256SumsFile));
  }
  return sums;
}

}  // namespace vtpmfs::cache
