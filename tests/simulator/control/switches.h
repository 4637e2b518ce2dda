// Ways in which real servers differ, to be chosen by a test.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace vtpmfs::simulator {

/// Named choices. Each is declared once with its values (the first is the default), read by the
/// code that it steers and set by tests in the process or through the control port.
/// Threads: any. Failure: reading an undeclared switch aborts, it is a slip of the pen.
class Switches {
 public:
  void declare(std::string name, std::vector<std::string> values, std::string meaning);
  /// An undeclared name or value is refused with words that list what there is.
  tl::expected<void, std::string> set(std::string_view name, std::string_view value);
  [[nodiscard]] std::string get(std::string_view name) const;
  [[nodiscard]] bool is(std::string_view name, std::string_view value) const;
  /// Back to the defaults.
  void reset();

  struct Choice {
    std::vector<std::string> values;
    std::string meaning;
    std::string now;
  };
  [[nodiscard]] std::map<std::string, Choice, std::less<>> all() const;

 private:
  mutable std::mutex lock_;
  std::map<std::string, Choice, std::less<>> choices_;
};

}  // namespace vtpmfs::simulator
