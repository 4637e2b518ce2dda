#include "vsphere/soap/markup_check.h"

#include <fmt/format.h>

#include <vector>

namespace vtpmfs::vsphere {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr auto npos = std::string_view::npos;

class Markup {
 public:
  explicit Markup(std::string_view xml) : xml_(xml) {}

  std::string flaw() {
    while (true) {
      const auto next = xml_.find('<', at_);
      const auto text = xml_.substr(at_, next == npos ? npos : next - at_);
      if (open_.empty() && text.find_first_not_of(kSpace) != npos) {
        return fmt::format("text outside of the root element at byte {}", at_);
      }
      if (next == npos) break;
      at_ = next;
      if (auto flaw = step(xml_.substr(at_)); !flaw.empty()) return flaw;
    }
    if (!open_.empty()) return fmt::format("it is cut short in <{}>", open_.back());
    return had_root_ ? "" : "it has no element";
  }

 private:
  // Goes past what begins with the '<' at the start of `rest`.
  std::string step(std::string_view rest) {
    if (rest.starts_with("<?")) return skip(rest, "?>");
    if (rest.starts_with("<!--")) return skip(rest, "-->");
    if (rest.starts_with("<![CDATA[")) {
      if (open_.empty()) return "text outside of the root element";
      return skip(rest, "]]>");
    }
    if (rest.starts_with("</")) return close(rest);
    return open(rest);
  }

  std::string skip(std::string_view rest, std::string_view end) {
    const auto found = rest.find(end);
    if (found == npos) return "it is cut short";
    at_ += found + end.size();
    return {};
  }

  std::string close(std::string_view rest) {
    const auto end = rest.find('>');
    if (end == npos) return "it is cut short in a tag";
    const auto name = rest.substr(2, rest.find_first_of(" \t\r\n>", 2) - 2);
    if (open_.empty() || open_.back() != name) {
      return fmt::format("a closing tag that does not belong there at byte {}", at_);
    }
    open_.pop_back();
    at_ += end + 1;
    return {};
  }

  std::string open(std::string_view rest) {
    const auto name = rest.substr(1, rest.find_first_of(" \t\r\n/>", 1) - 1);
    if (name.empty() || name.find_first_of("<&\"'=!") != npos) {
      return fmt::format("a tag without a name at byte {}", at_);
    }
    const auto end = end_of_tag(rest);
    if (end == npos) return "it is cut short in a tag";
    if (open_.empty() && had_root_) return "it has a second root element";
    had_root_ = true;
    if (rest[end - 1] != '/') {
      if (open_.size() == kMaxDepth) return "its elements nest too deep";
      open_.push_back(name);
    }
    at_ += end + 1;
    return {};
  }

  // The '>' that ends the tag: not one in an attribute's value.
  static size_t end_of_tag(std::string_view rest) {
    for (size_t at = 1;;) {
      at = rest.find_first_of("\"'>", at);
      if (at == npos || rest[at] == '>') return at;
      at = rest.find(rest[at], at + 1);
      if (at == npos) return at;
      ++at;
    }
  }

  std::string_view xml_;
  size_t at_ = 0;
  std::vector<std::string_view> open_;
  bool had_root_ = false;
};

}  // namespace

std::string flaw_in_markup(std::string_view xml) {
  return Markup(xml).flaw();
}

}  // namespace vtpmfs::vsphere
