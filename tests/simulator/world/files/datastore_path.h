// "[datastore1] win11-01/win11-01.nvram": how vSphere names a file on a datastore.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

struct DatastorePath {
  std::string datastore;
  std::string path;  ///< without slashes at either end; empty: the datastore itself

  [[nodiscard]] std::string text() const {
    return "[" + datastore + "]" + (path.empty() ? "" : " " + path);
  }
};

/// Nothing where the text has no `[name]` in front, or a path with empty, `.` or `..` parts.
std::optional<DatastorePath> parse_datastore_path(std::string_view text);

/// Whether a path has only parts that name something: no empty one, no `.`, no `..`.
bool is_plain_path(std::string_view path);

}  // namespace vtpmfs::simulator
