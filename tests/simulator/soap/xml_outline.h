// The skeleton of an XML document: which elements follow each other at which depth.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::simulator {

/// A start tag with its namespace resolved.
struct OutlineElement {
  int depth = 0;
  std::string name_space;
  std::string name;
  /// xsi:type, resolved; empty without one.
  std::string type_space;
  std::string type;
};

/// The elements in document order. Nothing where the text is not well-formed enough to tell (gSOAP
/// lets some of that pass), has a document type, or uses an undeclared prefix.
[[nodiscard]] std::optional<std::vector<OutlineElement>> outline_of(std::string_view xml);

}  // namespace vtpmfs::simulator
