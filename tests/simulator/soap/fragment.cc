#include "tests/simulator/soap/fragment.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>

#include "soapH.h"
#include "vsphere/soap/values.h"

namespace vtpmfs::simulator {

void FreeSoap::operator()(struct soap* context) const {
  soap_destroy(context);
  soap_end(context);
  soap_free(context);
}

FragmentWriter::FragmentWriter() : context_(soap_new1(SOAP_XML_TREE | SOAP_C_UTFSTRING)) {
  if (!context_) throw std::bad_alloc();
  soap_set_namespaces(context_.get(), namespaces);
  context_->os = &out_;
}

std::string FragmentWriter::element(const xsd__anyType& object, const char* tag) {
  out_.str({});
  soap* context = context_.get();
  soap_begin(context);
  if (soap_begin_send(context) == SOAP_OK) {
    context->ns = 2;  // as if the root had declared the namespaces already
    if (object.soap_out(context, tag, -1, nullptr) == SOAP_OK &&
        soap_end_send(context) == SOAP_OK) {
      return out_.str();
    }
  }
  // Only a class that cannot be written gets here: a slip in the simulator itself.
  std::fprintf(stderr, "gSOAP cannot write <%s>: error %d\n", tag, context->error);
  std::abort();
}

bool is_known_type(const std::string& qualified_name) {
  static std::mutex lock;
  static std::map<std::string, bool> known;
  {
    const std::scoped_lock hold(lock);
    const auto found = known.find(qualified_name);
    if (found != known.end()) return found->second;
  }
  // gSOAP keeps no list of its types; but it remembers the name of one that it could not make.
  const std::string xml =
      R"(<v xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vim25="urn:vim25")"
      R"( xmlns:pbm="urn:pbm" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type=")" +
      qualified_name + "\"></v>";
  std::istringstream in(xml);
  const std::unique_ptr<struct soap, FreeSoap> context(soap_new1(SOAP_XML_TREE));
  if (!context) throw std::bad_alloc();
  soap_set_namespaces(context.get(), namespaces);
  context->is = &in;
  bool is_known = false;
  if (soap_begin_recv(context.get()) == SOAP_OK) {
    const xsd__anyType* made = soap_in_xsd__anyType(context.get(), "v", nullptr, nullptr);
    is_known =
        made != nullptr && typeid(*made) != typeid(xsd__anyType) && !vsphere::unknown_type(*made);
  }
  const std::scoped_lock hold(lock);
  if (known.size() < 10000) known.emplace(qualified_name, is_known);
  return is_known;
}

}  // namespace vtpmfs::simulator
