#include "cache/saved/key_locator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "cache/saved/base64.h"
#include "cache/saved/file_names.h"

namespace vtpmfs::cache {
namespace {

using vsphere::CryptoKeyId;

constexpr size_t kMaxPairs = 256;

tl::unexpected<Error> malformed(std::string_view expected) {
  return fail(EINVAL, fmt::format("{}: expected {}", kBundleFile, expected));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// Takes `word` off the front of `text`, in any case.
bool take(std::string_view& text, std::string_view word) {
  if (!equal_ignoring_case(text.substr(0, word.size()), word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// What is between the parentheses that open at the front of `text` and close at its end.
std::optional<std::string_view> in_parentheses(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
  int depth = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return std::nullopt;  // closes before the end
  }
  return text.substr(1, text.size() - 2);
}

/// Cuts at each `delimiter` that is in no parentheses.
std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == delimiter && depth == 0) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

/// Undoes the percent-escapes, which check_text() has found whole.
std::string unescaped(std::string_view part) {
  std::string text;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%' && i + 2 < part.size()) {
      text += static_cast<char>(hex_digit(part[i + 1]) * 16 + hex_digit(part[i + 2]));
      i += 2;
    } else {
      text += part[i];
    }
  }
  return text;
}

/// A part that may be nothing: <VMWARE-NULL> and <VMWARE-EMPTYSTRING> stand for that.
std::optional<std::string> optional_part(std::string_view part) {
  std::string text = unescaped(part);
  if (text.empty() || text == "<VMWARE-NULL>" || text == "<VMWARE-EMPTYSTRING>") {
    return std::nullopt;
  }
  return text;
}

/// What holds for every form: characters, escapes and parentheses.
Status check_text(std::string_view bundle) {
  int depth = 0;
  for (size_t i = 0; i < bundle.size(); ++i) {
    const char c = bundle[i];
    if (c <= ' ' || c > '~') return malformed("printable ASCII without blanks");
    if (c == '%' &&
        (i + 2 >= bundle.size() || hex_digit(bundle[i + 1]) < 0 || hex_digit(bundle[i + 2]) < 0)) {
      return malformed("two hex digits after each %");
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return malformed("as many ( as )");
  }
  if (depth != 0) return malformed("as many ) as (: it is cut off");
  return {};
}

/// Reads `pair/(fqid/…/PROVIDER/KEY,MAC,DATA)`. Empty where the form is another one.
Result<std::optional<SealedPair>> parse_pair(std::string_view text) {
  if (!take(text, "pair/")) return std::nullopt;
  const auto inside = in_parentheses(text);
  if (!inside) return std::nullopt;
  const auto parts = split(*inside, ',');
  if (parts.size() != 3) return std::nullopt;
  const auto locker = split(parts[0], '/');
  if (locker.size() != 4 || !equal_ignoring_case(locker[0], "fqid")) return std::nullopt;

  auto key = optional_part(locker[3]);
  auto mac = optional_part(parts[1]);
  if (!key || !mac) return malformed("a key id and the name of a MAC in each pair");
  auto data = base64_decode(unescaped(parts[2]));
  if (!data || data->empty()) return malformed("sealed data in base64 in each pair");
  return SealedPair{optional_part(locker[2]), *std::move(key), *std::move(mac), *std::move(data)};
}

}  // namespace

bool SealedPair::is_for(const CryptoKeyId& id) const {
  return key == id.key_id && (!provider || !id.provider_id || *provider == *id.provider_id);
}

Result<KeyLocator> parse_key_locator(std::string_view bundle) {
  if (bundle.size() > kBundleMaxBytes) {
    return fail(EFBIG, fmt::format("{}: expected at most {} bytes", kBundleFile, kBundleMaxBytes));
  }
  std::string_view rest = bundle;
  if (!take(rest, "vmware:")) return malformed("a key locator, which begins with vmware:key/");
  if (auto status = check_text(bundle); !status) return fail(status.error());

  KeyLocator locator;
  std::vector<std::string_view> elements;
  if (!take(rest, "key/")) {
    locator.has_unknown_form = true;
  } else if (take(rest, "list/")) {
    const auto inside = in_parentheses(rest);
    if (!inside) return malformed("a list in parentheses");
    if (!inside->empty()) elements = split(*inside, ',');
  } else {
    elements.push_back(rest);
  }
  if (elements.size() > kMaxPairs) return malformed(fmt::format("at most {} pairs", kMaxPairs));
  for (const std::string_view element : elements) {
    auto pair = parse_pair(element);
    if (!pair) return fail(pair.error());
    if (*pair) {
      locator.pairs.push_back(**std::move(pair));
    } else {
      locator.has_unknown_form = true;
    }
  }
  return locator;
}

BundleMatch match_bundle(std::string_view bundle, const CryptoKeyId& key) {
  const auto locator = parse_key_locator(bundle);
  if (!locator) return BundleMatch::malformed;
  for (const auto& pair : locator->pairs) {
    if (pair.is_for(key)) return BundleMatch::agrees;
  }
  return locator->has_unknown_form ? BundleMatch::unknown_form : BundleMatch::other_keys;
}

BundleComparison compare_bundles(std::string_view saved, std::string_view found,
                                 const CryptoKeyId& key) {
  if (saved == found) return BundleComparison::equal;
  const auto before = parse_key_locator(saved);
  const auto after = parse_key_locator(found);
  if (!after) return BundleComparison::no_pair;
  bool for_key = false;
  for (const auto& pair : after->pairs) {
    if (!pair.is_for(key)) continue;
    for_key = true;
    if (before &&
        std::find(before->pairs.begin(), before->pairs.end(), pair) != before->pairs.end()) {
      return BundleComparison::pair_kept;
    }
  }
  if (for_key) return BundleComparison::rewrapped;
  return after->has_unknown_form ? BundleComparison::unknown_form : BundleComparison::no_pair;
}

std::optional<std::string> provider_of_key(const KeyLocator& locator, std::string_view key_id) {
  std::optional<std::string> provider;
  for (const auto& pair : locator.pairs) {
    if (pair.key != key_id || !pair.provider) continue;
    if (provider && *provider != *pair.provider) return std::nullopt;
    provider = pair.provider;
  }
  return provider;
}

std::string_view bundle_in_file(std::string_view file_bytes) {
  if (!file_bytes.empty() && file_bytes.back() == '\n') {
    file_bytes.remove_suffix(1);
    if (!file_bytes.empty() && file_bytes.back() == '\r') file_bytes.remove_suffix(1);
  }
  return file_bytes;
}

}  // namespace vtpmfs::cache
