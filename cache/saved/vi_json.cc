#include "cache/saved/vi_json.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;

/// Reads a document without keeping it, and says what is wrong with it.
class LimitCheck final : public nlohmann::json_sax<Json> {
 public:
  [[nodiscard]] const std::string& words() const { return words_; }

  bool null() override { return value(); }
  bool boolean(bool /*unused*/) override { return value(); }
  bool number_integer(number_integer_t /*unused*/) override { return value(); }
  bool number_unsigned(number_unsigned_t /*unused*/) override { return value(); }
  bool number_float(number_float_t /*unused*/, const string_t& /*unused*/) override {
    return value();
  }
  bool string(string_t& /*unused*/) override { return value(); }
  bool binary(binary_t& /*unused*/) override { return value(); }

  bool start_object(size_t /*unused*/) override { return value() && open(); }
  bool end_object() override { return close(); }
  bool start_array(size_t /*unused*/) override { return value() && open(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& members = open_.back();
    if (!members.insert(name).second) return refuse("expected each member once in an object");
    if (members.size() > kJsonMaxMembers) {
      return refuse(fmt::format("expected at most {} members in an object", kJsonMaxMembers));
    }
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    // The library's own words quote the input, which may be a secret.
    return refuse(fmt::format("expected JSON in UTF-8, stopped at byte {}", position));
  }

 private:
  bool refuse(std::string words) {
    if (words_.empty()) words_ = std::move(words);
    return false;
  }
  bool value() {
    if (++values_ <= kJsonMaxValues) return true;
    return refuse(fmt::format("expected at most {} values", kJsonMaxValues));
  }
  bool open() {
    open_.emplace_back();
    if (open_.size() <= kJsonMaxDepth) return true;
    return refuse(fmt::format("expected at most {} levels of nesting", kJsonMaxDepth));
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<std::unordered_set<std::string>> open_;
  size_t values_ = 0;
  std::string words_;
};

}  // namespace

Result<Json> parse_json(std::string_view file, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    return fail(EFBIG, fmt::format("{}: expected at most {} bytes", file, max_bytes));
  }
  try {
    LimitCheck check;
    if (!Json::sax_parse(text, &check)) {
      return fail(EINVAL, fmt::format("{}: {}", file, check.words()));
    }
    return Json::parse(text);
  } catch (const Json::exception&) {
    return fail(EINVAL, fmt::format("{}: expected JSON", file));
  }
}

std::string json_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_document(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace vtpmfs::cache
