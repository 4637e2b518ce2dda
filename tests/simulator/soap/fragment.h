// Pieces of XML out of generated classes, for what is not a whole message.
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "soapStub.h"

namespace vtpmfs::simulator {

struct FreeSoap {
  void operator()(struct soap* context) const;
};

/// Writes single elements with gSOAP. The prefixes (vim25, pbm, xsd, xsi) are not declared in the
/// result: it is only to be compared.
/// Threads: one at a time. Owns a gSOAP context (160 KB): make one for many elements.
class FragmentWriter {
 public:
  FragmentWriter();

  /// `<tag ...>...</tag>`.
  [[nodiscard]] std::string element(const xsd__anyType& object, const char* tag);

 private:
  std::ostringstream out_;
  std::unique_ptr<struct soap, FreeSoap> context_;
};

/// Whether the schema has a type of this name, written with gSOAP's own prefix
/// ("vim25:VirtualTPM").
[[nodiscard]] bool is_known_type(const std::string& qualified_name);

}  // namespace vtpmfs::simulator
