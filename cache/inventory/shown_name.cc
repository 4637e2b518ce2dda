#include "cache/inventory/shown_name.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>

namespace vtpmfs::cache {
namespace {

/// A MoRef's value is opaque, and other servers' are long paths.
constexpr size_t kLongestToken = 100;

std::string percent(char c) {
  char text[4];
  std::snprintf(text, sizeof text, "%%%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text;
}

/// The longest beginning of at most `limit` bytes that does not end within a UTF-8 character. Text
/// that is no UTF-8 is cut anywhere.
std::string_view cut_at_character(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && limit - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  if ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end = limit;
  return text.substr(0, end);
}

/// FNV-1a: only for names that nobody would choose.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string hex_of(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string escaped(std::string_view raw, std::string_view forbidden) {
  std::string text;
  text.reserve(raw.size());
  for (const char c : raw) {
    if (forbidden.find(c) != std::string_view::npos) {
      text += percent(c);
    } else {
      text += c;
    }
  }
  return text;
}

constexpr std::string_view kNotInNames("/\0", 2);
constexpr std::string_view kNotInTokens("/\0~", 3);

bool is_ours_at_the_top(std::string_view name) {
  return name == "by-key" || name == ".vtpmfs";
}

std::string_view after_last_tilde(std::string_view name) {
  const size_t tilde = name.rfind('~');
  return tilde == std::string_view::npos ? std::string_view() : name.substr(tilde + 1);
}

/// An over-long name ends in its own token from the start.
bool has_token_already(const NamedEntity& entity, std::string_view suffix) {
  return suffix == name_token(entity.id) &&
         escaped(entity.raw_name, kNotInNames).size() > kLongestName;
}

/// Two tokens may be the same where a server uses one value for two types; then the whole MoRef
/// decides.
void separate_equals(const std::vector<NamedEntity>& siblings, std::vector<std::string>& names) {
  std::unordered_set<std::string_view> taken;
  taken.reserve(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    for (unsigned attempt = 0; !taken.insert(names[i]).second; ++attempt) {
      const MoRef& id = siblings[i].id;
      names[i] = with_token(names[i], hex_of(hash_of(id.type + ":" + id.value) + attempt));
    }
  }
}

}  // namespace

std::string name_token(const MoRef& id) {
  std::string token = escaped(id.value, kNotInTokens);
  if (token.size() > kLongestToken) {
    token = std::string(cut_at_character(token, kLongestToken - 17)) + "-" + hex_of(hash_of(token));
  }
  return token;
}

std::string with_token(std::string_view name, const std::string& token) {
  return std::string(cut_at_character(name, kLongestName - 1 - token.size())) + "~" + token;
}

std::string with_first_escaped(std::string_view name) {
  return percent(name.front()) + std::string(name.substr(1));
}

std::string shown_name(const std::string& raw_name, const MoRef& id) {
  std::string name = raw_name.empty() ? name_token(id) : escaped(raw_name, kNotInNames);
  if (name.empty()) name = "%";  // neither a name nor an id: still not an empty entry
  if (name == "." || name == "..") name = with_first_escaped(name);
  if (name.size() > kLongestName) name = with_token(name, name_token(id));
  return name;
}

std::vector<std::string> names_of_siblings(const std::vector<NamedEntity>& siblings,
                                           bool top_level) {
  std::vector<std::string> names;
  names.reserve(siblings.size());
  bool any_tilde = false;
  for (const NamedEntity& sibling : siblings) {
    std::string name = shown_name(sibling.raw_name, sibling.id);
    if (top_level && is_ours_at_the_top(name)) name = with_first_escaped(name);
    any_tilde = any_tilde || name.find('~') != std::string::npos;
    names.push_back(std::move(name));
  }

  std::unordered_map<std::string_view, unsigned> bearers;
  bearers.reserve(names.size());
  for (const std::string& name : names) ++bearers[name];
  std::unordered_set<std::string> tokens;
  if (any_tilde) {
    for (const NamedEntity& sibling : siblings) tokens.insert(name_token(sibling.id));
  }

  // A name that looks as if a sibling's token had been put to it gets its own, too: else it could
  // be the same as that sibling's.
  std::vector<bool> needs_token(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    needs_token[i] = bearers[names[i]] > 1;
    const std::string suffix(after_last_tilde(names[i]));
    if (!suffix.empty() && tokens.count(suffix) > 0 && !has_token_already(siblings[i], suffix)) {
      needs_token[i] = true;
    }
  }
  bearers.clear();
  for (size_t i = 0; i < names.size(); ++i) {
    if (needs_token[i]) names[i] = with_token(names[i], name_token(siblings[i].id));
  }
  separate_equals(siblings, names);
  return names;
}

}  // namespace vtpmfs::cache
