// What a test, or a person with curl, can tell the simulator besides what a vCenter would hear.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace vtpmfs::simulator {

/// The control verbs by name. POST /control takes a line of JSON, {"verb": "expire-sessions", ...},
/// and answers {"ok": true, "result": ...} or {"ok": false, "error": "..."}.
/// Threads: any; a verb takes the locks that it needs itself (Inventory::write()).
class Verbs {
 public:
  /// Gets the whole request object; the error is a sentence for the person who typed it. What the
  /// verb throws of nlohmann::json (a missing or ill-typed member) is answered as an error too.
  using Verb = std::function<tl::expected<nlohmann::json, std::string>(const nlohmann::json&)>;

  void add(std::string name, std::string meaning, Verb verb);
  /// Runs one request and returns the answer's text; never fails.
  [[nodiscard]] std::string run(std::string_view request) const;
  /// The same for callers within the process.
  [[nodiscard]] tl::expected<nlohmann::json, std::string> run(const nlohmann::json& request) const;

 private:
  struct Entry {
    std::string meaning;
    Verb verb;
  };
  mutable std::mutex lock_;
  std::map<std::string, Entry, std::less<>> verbs_;
};

}  // namespace vtpmfs::simulator
