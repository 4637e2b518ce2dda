// Pieces of XML out of generated classes, for what is not a whole message.
#pragma once

#include <sstream>
#include <string>

#include "soapStub.h"
#include "vsphere/soap/context.h"

namespace vtpmfs::simulator {

/// Writes single elements with gSOAP. The prefixes (vim25, pbm, xsd, xsi) are not declared in the
/// result: it is only to be compared.
/// Threads: one at a time. Holds a gSOAP context: make one for many elements.
class FragmentWriter {
 public:
  FragmentWriter();
  ~FragmentWriter();
  FragmentWriter(const FragmentWriter&) = delete;
  FragmentWriter& operator=(const FragmentWriter&) = delete;

  /// `<tag ...>...</tag>`.
  [[nodiscard]] std::string element(const xsd__anyType& object, const char* tag);

 private:
  std::ostringstream out_;
  vsphere::ContextLease context_;
};

/// Whether the schema has a type of this name, written with gSOAP's own prefix
/// ("vim25:VirtualTPM").
[[nodiscard]] bool is_known_type(const std::string& qualified_name);

}  // namespace vtpmfs::simulator
