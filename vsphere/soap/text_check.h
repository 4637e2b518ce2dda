// What no XML parser of ours should ever see.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::vsphere {

/// Why `xml` cannot be a SOAP message, empty when nothing speaks against it. gSOAP itself lets pass
/// NULs, bytes that are not UTF-8 and references to forbidden characters; and a document type has
/// no place in SOAP. Looks at every byte once (about 1 GB/s for ASCII).
std::string flaw_in_text(std::string_view xml);

}  // namespace vtpmfs::vsphere
