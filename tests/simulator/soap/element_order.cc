#include "tests/simulator/soap/element_order.h"

#include <algorithm>
#include <string>

#include "tests/simulator/soap/fragment.h"
#include "tests/simulator/soap/xml_outline.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::string_view kEnvelope = "http://schemas.xmlsoap.org/soap/envelope/";

/// The first element inside of the SOAP body; the header is not part of the call.
size_t body_content(const std::vector<OutlineElement>& elements) {
  const auto body = std::find_if(elements.begin(), elements.end(), [](const auto& element) {
    return element.depth == 1 && element.name == "Body" && element.name_space == kEnvelope;
  });
  return body == elements.end() ? elements.size()
                                : static_cast<size_t>(body - elements.begin()) + 1;
}

/// gSOAP's own prefix for a type; empty for a namespace that is not of the schema.
std::string qualified_type(const OutlineElement& element) {
  if (element.type_space == "urn:vim25") return "vim25:" + element.type;
  if (element.type_space == "urn:pbm") return "pbm:" + element.type;
  if (element.type_space == "http://www.w3.org/2001/XMLSchema") return "xsd:" + element.type;
  return {};
}

tl::unexpected<Fault> unexpected_tag(const OutlineElement& got, const OutlineElement* wanted) {
  std::string text = "Unexpected element tag \"" + got.name + "\" seen";
  if (wanted != nullptr) text += ", expected \"" + wanted->name + "\"";
  return refuse(invalid_request(text));
}

}  // namespace

Outcome<void> check_elements(std::string_view request, std::string_view canonical) {
  const auto came = outline_of(request);
  const auto known = outline_of(canonical);
  if (!came || !known) return refuse(invalid_request("The request is not well-formed XML"));
  size_t at = body_content(*came);
  size_t other = body_content(*known);
  for (; at < came->size(); ++at, ++other) {
    const OutlineElement& got = (*came)[at];
    if (!got.type.empty() && !is_known_type(qualified_type(got))) {
      return refuse(
          fault_of("InvalidType", "Unknown type \"" + got.type + "\" of element " + got.name)
              .with("argument", got.type));
    }
    if (other == known->size()) return unexpected_tag(got, nullptr);
    const OutlineElement& wanted = (*known)[other];
    if (got.depth != wanted.depth || got.name != wanted.name ||
        got.name_space != wanted.name_space) {
      return unexpected_tag(got, &wanted);
    }
    // A type that says no more than the declaration may be given or left out, by the client as by
    // gSOAP, which never takes an object for a derived type unless it was named so.
    if (!got.type.empty() && !wanted.type.empty() &&
        (got.type != wanted.type || got.type_space != wanted.type_space)) {
      return refuse(invalid_request("Element " + got.name + " cannot be a " + got.type));
    }
  }
  if (other < known->size()) {
    return refuse(invalid_request("Required element \"" + (*known)[other].name + "\" is missing"));
  }
  return {};
}

}  // namespace vtpmfs::simulator
