#include "tests/simulator/soap/default_namespace.h"

namespace vtpmfs::simulator {
namespace {

void erase_first(std::string& text, std::string_view what) {
  const size_t at = text.find(what);
  if (at != std::string::npos) text.erase(at, what.size());
}

/// One pass over the tags; text between them is copied.
class Rewriter {
 public:
  explicit Rewriter(std::string_view prefix)
      : name_(std::string(prefix) + ":"),
        type_("xsi:type=\"" + name_),
        declaration_(" xmlns=\"urn:" + std::string(prefix) + "\"") {}

  std::string run(std::string_view message) {
    std::string written;
    written.reserve(message.size());
    for (size_t at = 0; at < message.size();) {
      const size_t open = message.find('<', at);
      written += message.substr(at, open - at);
      if (open == std::string_view::npos) break;
      const size_t close = end_of_tag(message, open);
      write_tag(std::string(message.substr(open, close - open)), written);
      at = close;
    }
    return written;
  }

 private:
  /// Behind the tag that begins at `open`; a value may hold a `>`.
  static size_t end_of_tag(std::string_view message, size_t open) {
    char quote = 0;
    for (size_t at = open; at < message.size(); ++at) {
      const char c = message[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at + 1;
      }
    }
    return message.size();
  }

  void write_tag(std::string tag, std::string& written) {
    if (tag.rfind("<?", 0) == 0 || tag.rfind("<!", 0) == 0) {
      written += tag;
      return;
    }
    const bool ends = tag.rfind("</", 0) == 0;
    const size_t name = ends ? 2 : 1;
    const bool ours = tag.compare(name, name_.size(), name_) == 0;
    if (ours) tag.erase(name, name_.size());
    if (ends) {
      if (inside_ > 0) --inside_;
      written += tag;
      return;
    }
    const bool empty = tag.size() >= 2 && tag[tag.size() - 2] == '/';
    if (const size_t type = tag.find(type_); type != std::string::npos && (ours || inside_ > 0)) {
      tag.erase(type + type_.size() - name_.size(), name_.size());
    }
    if (ours && inside_ == 0) tag.insert(tag.find_first_of(" />", 1), declaration_);
    if ((ours || inside_ > 0) && !empty) ++inside_;
    written += tag;
  }

  const std::string name_;
  const std::string type_;
  const std::string declaration_;
  int inside_ = 0;  // depth below the element that declares the default namespace
};

}  // namespace

std::string with_default_namespace(std::string_view message, std::string_view prefix) {
  std::string written = Rewriter(prefix).run(message);
  erase_first(written, " xmlns:" + std::string(prefix) + "=\"urn:" + std::string(prefix) + "\"");
  return written;
}

}  // namespace vtpmfs::simulator
