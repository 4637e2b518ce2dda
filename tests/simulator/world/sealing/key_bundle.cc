#include "tests/simulator/world/sealing/key_bundle.h"

#include "tests/simulator/world/sealing/derived_bytes.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::string_view head = "vmware:key/list/(";
constexpr std::string_view pair_head = "pair/(fqid/<VMWARE-NULL>/";
constexpr std::size_t salt_size = 16;
constexpr std::size_t key_size = 32;
constexpr std::size_t mac_size = 32;

/// All but letters and digits become %xx with small digits, as hosts write it.
std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (plain) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += hex(std::string_view(&c, 1));
    }
  }
  return escaped;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

/// What the tag covers: the salt, the wrapped key, and whose it is.
std::string authenticated(const BundlePair& pair, std::string_view salt_and_key) {
  return std::to_string(pair.provider.size()) + ":" + pair.provider + "/" + pair.key_id + "/" +
         std::string(salt_and_key);
}

std::string masked(std::string_view secret, std::string_view salt, std::string_view data) {
  const std::string mask = derive_bytes(secret, "wrap" + std::string(salt), data.size());
  std::string result(data);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<char>(result[i] ^ mask[i]);
  }
  return result;
}

/// Takes the text up to `end` off the front of `rest`, and `end` with it.
std::optional<std::string_view> take_until(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

std::optional<BundlePair> parse_pair(std::string_view& rest) {
  if (rest.substr(0, pair_head.size()) != pair_head) return std::nullopt;
  rest.remove_prefix(pair_head.size());
  const auto provider = take_until(rest, '/');
  const auto key = take_until(rest, ',');
  const auto algorithm = take_until(rest, ',');
  const auto wrapped = take_until(rest, ')');
  if (!provider || !key || !algorithm || !wrapped) return std::nullopt;
  const auto plain_provider = unescape(*provider);
  const auto plain_key = unescape(*key);
  const auto plain_algorithm = unescape(*algorithm);
  const auto plain_wrapped = unescape(*wrapped);
  if (!plain_provider || !plain_key || !plain_algorithm || !plain_wrapped) return std::nullopt;
  bool ok = false;
  std::string raw = unbase64(*plain_wrapped, ok);
  if (!ok) return std::nullopt;
  return BundlePair{*plain_provider, *plain_key, *plain_algorithm, std::move(raw)};
}

}  // namespace

BundlePair wrap_data_key(std::string_view provider, std::string_view key_id,
                         std::string_view secret, std::string_view data_key,
                         std::string_view salt) {
  BundlePair pair{std::string(provider), std::string(key_id), "HMAC-SHA-256", {}};
  const std::string iv = derive_bytes(secret, "salt" + std::string(salt), salt_size);
  const std::string body = iv + masked(secret, iv, data_key);
  pair.wrapped = body + hmac_sha256(secret, authenticated(pair, body));
  return pair;
}

std::optional<std::string> unwrap_data_key(const BundlePair& pair, std::string_view secret) {
  if (pair.mac_algorithm != "HMAC-SHA-256") return std::nullopt;
  if (pair.wrapped.size() != salt_size + key_size + mac_size) return std::nullopt;
  const std::string_view wrapped = pair.wrapped;
  const std::string_view body = wrapped.substr(0, salt_size + key_size);
  if (hmac_sha256(secret, authenticated(pair, body)) != wrapped.substr(body.size())) {
    return std::nullopt;
  }
  return masked(secret, body.substr(0, salt_size), body.substr(salt_size));
}

std::string write_bundle(const std::vector<BundlePair>& pairs) {
  std::string text(head);
  for (const BundlePair& pair : pairs) {
    if (text.size() > head.size()) text += ',';
    text += pair_head;
    text += escape(pair.provider) + "/" + escape(pair.key_id) + "," + escape(pair.mac_algorithm) +
            "," + escape(base64(pair.wrapped)) + ")";
  }
  text += ')';
  return text;
}

std::optional<std::vector<BundlePair>> parse_bundle(std::string_view text) {
  if (text.substr(0, head.size()) != head) return std::nullopt;
  std::string_view rest = text.substr(head.size());
  std::vector<BundlePair> pairs;
  while (true) {
    auto pair = parse_pair(rest);
    if (!pair) return std::nullopt;
    pairs.push_back(std::move(*pair));
    if (rest == ")") return pairs;
    if (rest.empty() || rest.front() != ',') return std::nullopt;
    rest.remove_prefix(1);
  }
}

}  // namespace vtpmfs::simulator
