#include "cache/saved/object_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "cache/saved/plain_text.h"

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxWarnings = 100;  // then one that says that there are more

/// keyId -> KeyId, as PowerCLI writes it.
std::string capitalised(std::string_view member) {
  std::string name(member);
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') {
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
  }
  return name;
}

bool is_token(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool fits(TextRule rule, std::string_view text) {
  switch (rule) {
    case TextRule::token:
      return is_token(text);
    case TextRule::line:
      return !has_control_characters(text);
    case TextRule::prose:
      return text.find('\0') == std::string_view::npos;
  }
  return false;
}

std::string_view expectation(TextRule rule) {
  switch (rule) {
    case TextRule::token:
      return "a text without blanks";
    case TextRule::line:
      return "a text without control characters";
    case TextRule::prose:
      return "a text without NUL";
  }
  return "a text";
}

/// A whole number between the bounds; JSON numbers with a fraction or an exponent are none.
std::optional<int64_t> integer_between(const Json& value, int64_t least, int64_t most) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  const auto number = value.get<int64_t>();
  if (number < least || number > most) return std::nullopt;
  return number;
}

}  // namespace

void Reading::refuse(const std::string& path, std::string_view expected) {
  if (error_) return;
  const std::string where = path.empty() ? "" : path + ": ";
  error_ = Error{Errno{EINVAL}, fmt::format("{}: {}expected {}", file_, where, expected)};
}

void Reading::warn(const std::string& path, std::string_view words) {
  if (warnings_.size() < kMaxWarnings) {
    warnings_.push_back(fmt::format("{}: {}: {}", file_, path, words));
  } else if (warnings_.size() == kMaxWarnings) {
    warnings_.push_back(fmt::format("{}: more of the same was left out", file_));
  }
}

Status Reading::status() const {
  if (error_) return fail(*error_);
  return {};
}

ObjectReader::ObjectReader(Reading& reading, std::string path, const Json& value)
    : reading_(&reading), path_(std::move(path)), value_(&value) {
  if (!value.is_object()) reading.refuse(path_, "an object");
}

const Json* ObjectReader::find(std::string_view member) const {
  if (!value_->is_object()) return nullptr;
  const auto exact = value_->find(std::string(member));
  const auto pascal = value_->find(capitalised(member));
  if (exact != value_->end() && pascal != value_->end() && exact != pascal) {
    reading_->refuse(path_of(member), "the member once, not in two spellings");
    return nullptr;
  }
  const auto found = exact != value_->end() ? exact : pascal;
  if (found == value_->end() || found->is_null()) return nullptr;
  return &*found;
}

std::string ObjectReader::path_of(std::string_view member) const {
  return path_.empty() ? std::string(member) : fmt::format("{}.{}", path_, member);
}

std::string ObjectReader::type() const {
  for (const std::string_view tag : {"_typeName", "_vimtype"}) {
    const Json* value = find(tag);
    if (value == nullptr) continue;
    if (!value->is_string()) {
      reading_->refuse(path_of(tag), "a type name");
      return {};
    }
    const auto& name = value->get_ref<const std::string&>();
    const size_t dot = tag == "_vimtype" ? name.rfind('.') : std::string::npos;
    return dot == std::string::npos ? name : name.substr(dot + 1);
  }
  return {};
}

void ObjectReader::expect_type(std::string_view name) const {
  const std::string found = type();
  if (!found.empty() && found != name) {
    reading_->refuse(path_, fmt::format("a {}, found a {}", name, printable(found)));
  }
}

void ObjectReader::read(std::string_view member, TextRule rule, std::optional<std::string>& out,
                        size_t max_bytes) const {
  const Json* value = find(member);
  if (value == nullptr) return;
  if (!value->is_string()) return reading_->refuse(path_of(member), "a text");
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > max_bytes) {
    return reading_->refuse(path_of(member), fmt::format("at most {} bytes", max_bytes));
  }
  if (!fits(rule, text)) return reading_->refuse(path_of(member), expectation(rule));
  if (rule == TextRule::token && text.empty()) return;
  out = text;
}

void ObjectReader::read(std::string_view member, std::optional<bool>& out) const {
  const Json* value = find(member);
  if (value == nullptr) return;
  if (!value->is_boolean()) return reading_->refuse(path_of(member), "true or false");
  out = value->get<bool>();
}

void ObjectReader::read(std::string_view member, std::optional<int>& out, int least,
                        int most) const {
  std::optional<int64_t> number;
  read(member, number, least, most);
  if (number) out = static_cast<int>(*number);
}

void ObjectReader::read(std::string_view member, std::optional<int64_t>& out, int64_t least,
                        int64_t most) const {
  const Json* value = find(member);
  if (value == nullptr) return;
  const auto number = integer_between(*value, least, most);
  if (!number) {
    return reading_->refuse(path_of(member),
                            fmt::format("a whole number from {} to {}", least, most));
  }
  out = number;
}

std::optional<ObjectReader> ObjectReader::object(std::string_view member) const {
  const Json* value = find(member);
  if (value == nullptr) return std::nullopt;
  return ObjectReader(*reading_, path_of(member), *value);
}

std::vector<const Json*> ObjectReader::array(std::string_view member, size_t max_elements) const {
  std::vector<const Json*> elements;
  const Json* value = find(member);
  if (value == nullptr) return elements;
  if (!value->is_array()) {
    reading_->refuse(path_of(member), "an array");
    return elements;
  }
  if (value->size() > max_elements) {
    reading_->refuse(path_of(member), fmt::format("at most {} elements", max_elements));
    return elements;
  }
  for (const Json& element : *value) elements.push_back(&element);
  return elements;
}

std::vector<ObjectReader> ObjectReader::objects(std::string_view member,
                                                size_t max_elements) const {
  std::vector<ObjectReader> readers;
  for (const Json* element : array(member, max_elements)) {
    readers.emplace_back(*reading_, fmt::format("{}[{}]", path_of(member), readers.size()),
                         *element);
  }
  return readers;
}

}  // namespace vtpmfs::cache
