#include "tests/simulator/soap/xml_outline.h"

#include <cctype>
#include <utility>

namespace vtpmfs::simulator {
namespace {

constexpr std::string_view kXsi = "http://www.w3.org/2001/XMLSchema-instance";

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

class Scanner {
 public:
  explicit Scanner(std::string_view xml) : rest_(xml) {}

  std::optional<std::vector<OutlineElement>> scan() {
    while (!rest_.empty()) {
      const size_t open = rest_.find('<');
      if (open == std::string_view::npos) break;
      rest_.remove_prefix(open);
      if (!markup()) return std::nullopt;
    }
    if (!open_tags_.empty() || found_.empty()) return std::nullopt;
    return std::move(found_);
  }

 private:
  bool skip_past(std::string_view end) {
    const size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  bool markup() {
    if (rest_.rfind("<!--", 0) == 0) return skip_past("-->");
    if (rest_.rfind("<![CDATA[", 0) == 0) return skip_past("]]>");
    if (rest_.rfind("<?", 0) == 0) return skip_past("?>");
    if (rest_.rfind("<!", 0) == 0) return false;
    if (rest_.rfind("</", 0) == 0) return end_tag();
    return start_tag();
  }

  bool end_tag() {
    const size_t close = rest_.find('>');
    if (close == std::string_view::npos || open_tags_.empty()) return false;
    std::string_view name = rest_.substr(2, close - 2);
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    if (name != open_tags_.back().name) return false;
    rest_.remove_prefix(close + 1);
    prefixes_.resize(open_tags_.back().prefixes_before);
    open_tags_.pop_back();
    return true;
  }

  std::string_view word(std::string_view ends) {
    size_t size = 0;
    while (size < rest_.size() && !is_blank(rest_[size]) &&
           ends.find(rest_[size]) == std::string_view::npos) {
      ++size;
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool start_tag() {
    rest_.remove_prefix(1);
    const std::string_view name = word("/>=\"'");
    if (name.empty()) return false;
    const size_t prefixes_before = prefixes_.size();
    std::vector<std::pair<std::string_view, std::string_view>> attributes;
    bool empty = false;
    for (;;) {
      skip_blanks();
      if (rest_.empty()) return false;
      if (rest_.front() == '>') {
        rest_.remove_prefix(1);
        break;
      }
      if (rest_.rfind("/>", 0) == 0) {
        rest_.remove_prefix(2);
        empty = true;
        break;
      }
      if (!attribute(attributes)) return false;
    }
    if (!note(name, attributes)) return false;
    if (empty) {
      prefixes_.resize(prefixes_before);
    } else {
      open_tags_.push_back({name, prefixes_before});
    }
    return true;
  }

  bool attribute(std::vector<std::pair<std::string_view, std::string_view>>& attributes) {
    const std::string_view name = word("=/>\"'");
    skip_blanks();
    if (name.empty() || rest_.empty() || rest_.front() != '=') return false;
    rest_.remove_prefix(1);
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return false;
    const size_t close = rest_.find(rest_.front(), 1);
    if (close == std::string_view::npos) return false;
    const std::string_view value = rest_.substr(1, close - 1);
    rest_.remove_prefix(close + 1);
    if (name == "xmlns") {
      prefixes_.emplace_back("", value);
    } else if (name.rfind("xmlns:", 0) == 0) {
      prefixes_.emplace_back(name.substr(6), value);
    } else {
      attributes.emplace_back(name, value);
    }
    return true;
  }

  /// Splits and resolves; the default namespace is for elements and types, not for attributes.
  bool resolve(std::string_view qualified, std::string& name_space, std::string& local) const {
    const size_t colon = qualified.find(':');
    const std::string_view prefix =
        colon == std::string_view::npos ? std::string_view{} : qualified.substr(0, colon);
    local = colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
    for (auto at = prefixes_.rbegin(); at != prefixes_.rend(); ++at) {
      if (at->first == prefix) {
        name_space = at->second;
        return true;
      }
    }
    name_space.clear();
    return prefix.empty();
  }

  bool note(std::string_view name,
            const std::vector<std::pair<std::string_view, std::string_view>>& attributes) {
    OutlineElement element;
    element.depth = static_cast<int>(open_tags_.size());
    if (!resolve(name, element.name_space, element.name)) return false;
    for (const auto& [key, value] : attributes) {
      if (key.find(':') == std::string_view::npos) continue;
      std::string name_space;
      std::string local;
      if (key.rfind("xml:", 0) == 0) continue;
      if (!resolve(key, name_space, local)) return false;
      if (name_space == kXsi && local == "type" &&
          !resolve(value, element.type_space, element.type)) {
        return false;
      }
    }
    found_.push_back(std::move(element));
    return true;
  }

  struct OpenTag {
    std::string_view name;
    size_t prefixes_before;
  };
  std::string_view rest_;
  std::vector<std::pair<std::string_view, std::string_view>> prefixes_;
  std::vector<OpenTag> open_tags_;
  std::vector<OutlineElement> found_;
};

}  // namespace

std::optional<std::vector<OutlineElement>> outline_of(std::string_view xml) {
  return Scanner(xml).scan();
}

}  // namespace vtpmfs::simulator
