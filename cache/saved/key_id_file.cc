#include "cache/saved/key_id_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "cache/saved/file_names.h"
#include "cache/saved/object_reader.h"
#include "cache/saved/plain_text.h"
#include "cache/saved/vi_json.h"

namespace vtpmfs::cache {
namespace {

using vsphere::CryptoKeyId;

constexpr size_t kIdMaxBytes = 16UL << 10;  // native ids have about 120 bytes

Result<CryptoKeyId> parse_text(std::string_view text) {
  const size_t slash = text.find('/');
  if (!is_utf8(text) || has_control_characters(text) || slash == std::string_view::npos ||
      slash == 0 || slash + 1 == text.size()) {
    return fail(
        EINVAL,
        fmt::format("{}: expected a CryptoKeyId as JSON, or one line `provider/key`", kKeyIdFile));
  }
  return CryptoKeyId{std::string(text.substr(slash + 1)), std::string(text.substr(0, slash))};
}

Result<CryptoKeyId> parse_object(std::string_view text) {
  auto json = parse_json(kKeyIdFile, text, kKeyIdMaxBytes);
  if (!json) return fail(json.error());
  Reading reading(kKeyIdFile);
  const ObjectReader object(reading, "", *json);
  object.expect_type("CryptoKeyId");

  std::optional<std::string> key;
  object.read("keyId", TextRule::line, key, kIdMaxBytes);
  // An empty id asks a server for a new key: never what a saved one means.
  if (!key || key->empty()) reading.refuse("keyId", "the key's id");

  std::optional<std::string> provider;
  if (const auto id = object.object("providerId")) {
    id->expect_type("KeyProviderId");
    id->read("id", TextRule::line, provider, kIdMaxBytes);
    if (provider && provider->empty()) provider.reset();
  }
  if (auto status = reading.status(); !status) return fail(status.error());
  return CryptoKeyId{*key, provider};
}

}  // namespace

std::string render_key_id(const CryptoKeyId& key) {
  nlohmann::ordered_json json = {{"_typeName", "CryptoKeyId"}, {"keyId", key.key_id}};
  if (key.provider_id) {
    json["providerId"] = {{"_typeName", "KeyProviderId"}, {"id", *key.provider_id}};
  }
  return json_line(json) + '\n';
}

Result<CryptoKeyId> parse_key_id(std::string_view text) {
  if (text.size() > kKeyIdMaxBytes) {
    return fail(EFBIG, fmt::format("{}: expected at most {} bytes", kKeyIdFile, kKeyIdMaxBytes));
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::string_view plain = text;
  if (plain.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    plain.remove_prefix(kByteOrderMark.size());
  }
  plain = trimmed(plain);
  if (!plain.empty() && (plain[0] == '{' || plain[0] == '[' || plain[0] == '"')) {
    return parse_object(plain);
  }
  return parse_text(plain);
}

}  // namespace vtpmfs::cache
