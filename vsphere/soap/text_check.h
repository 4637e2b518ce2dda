// What no XML parser of ours should ever see.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::vsphere {

struct TextCheck {
  /// Why the text cannot be a SOAP message, empty when nothing speaks against it.
  std::string flaw;
  /// It holds references to characters that are longer than gSOAP can read.
  bool has_long_references = false;
};

/// Finds what gSOAP itself lets pass: NULs, bytes that are not UTF-8, references to unknown
/// entities (it drops them) and forbidden characters, a document type (which has no place in SOAP).
/// Looks at every byte once.
TextCheck check_text(std::string_view xml);

/// The text with long character references replaced: gSOAP 2.8 reads at most six characters between
/// '&' and ';', so that of &#x1F512; the ';' would stay in the text. For texts without a flaw.
std::string with_short_references(std::string_view xml);

}  // namespace vtpmfs::vsphere
