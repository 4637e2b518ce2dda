// Reads the members of a vim25 object out of JSON, in whichever dialect it was written.
//
// The dialects differ in case and in the type tag only: VI JSON and govc write keyId, PowerCLI
// writes KeyId; VI JSON tags with _typeName (CryptoKeyId), pyVmomi with _vimtype
// (vim.encryption.CryptoKeyId). null is the same as absent. Members that nobody asks for are
// ignored: newer servers have more.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::cache {

/// How reading one file goes: the first error, and what was left out. One thread. Readers go on
/// after an error and give empty values, so that it is looked at once, at the end.
class Reading {
 public:
  explicit Reading(std::string_view file) : file_(file) {}

  /// Keeps the first: "<file>: <path>: expected <what>" with EINVAL.
  void refuse(const std::string& path, std::string_view expected);
  void warn(const std::string& path, std::string_view words);

  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] Status status() const;
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::string file_;
  std::optional<Error> error_;
  std::vector<std::string> warnings_;
};

/// What a text may hold. None may hold a NUL.
enum class TextRule {
  token,  ///< printable ASCII without blanks; an empty one counts as absent
  line,   ///< no control characters
  prose,  ///< control characters too, as in an annotation, and in names that people chose
};

/// A view of one JSON object. The value and the Reading must outlive it. One thread.
class ObjectReader {
 public:
  /// `path` says where the object stands in the file (empty: the whole document).
  ObjectReader(Reading& reading, std::string path, const nlohmann::ordered_json& value);

  /// The type's plain name out of _typeName or _vimtype; empty where there is no tag.
  [[nodiscard]] std::string type() const;
  /// Refuses an object with a tag that says otherwise.
  void expect_type(std::string_view name) const;

  /// Each leaves `out` as it is where the member is absent.
  void read(std::string_view member, TextRule rule, std::optional<std::string>& out,
            size_t max_bytes = 1024) const;
  void read(std::string_view member, std::optional<bool>& out) const;
  void read(std::string_view member, std::optional<int>& out,
            int least = std::numeric_limits<int>::min(),
            int most = std::numeric_limits<int>::max()) const;
  void read(std::string_view member, std::optional<int64_t>& out, int64_t least,
            int64_t most) const;
  [[nodiscard]] std::optional<ObjectReader> object(std::string_view member) const;
  /// The elements of an array, none where it is absent.
  [[nodiscard]] std::vector<const nlohmann::ordered_json*> array(std::string_view member,
                                                                 size_t max_elements) const;
  [[nodiscard]] std::vector<ObjectReader> objects(std::string_view member,
                                                  size_t max_elements) const;

  /// The member's value, null where it is absent or null.
  [[nodiscard]] const nlohmann::ordered_json* find(std::string_view member) const;
  /// Where a member stands in the file.
  [[nodiscard]] std::string path_of(std::string_view member) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Reading& reading() const { return *reading_; }

 private:
  Reading* reading_;
  std::string path_;
  const nlohmann::ordered_json* value_;
};

}  // namespace vtpmfs::cache
