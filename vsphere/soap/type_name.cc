#include "vsphere/soap/type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace vtpmfs::vsphere {
namespace {

std::string class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 && demangled ? demangled.get() : type.name();
}

// soapcpp2 writes '_' as _USCORE, since '_' in an identifier means '-'.
std::string unescape(std::string name) {
  static constexpr std::string_view underscore = "_USCORE";
  for (auto at = name.find(underscore); at != std::string::npos;
       at = name.find(underscore, at + 1)) {
    name.replace(at, underscore.size(), "_");
  }
  return name;
}

}  // namespace

WireName wire_name(const std::type_info& type) {
  std::string name = class_name(type);
  if (name.starts_with('_')) name.erase(0, 1);  // a leading '_' marks an element
  while (name.ends_with('_')) name.pop_back();  // a trailing one keeps it apart from a C++ type
  const auto split = name.find("__");
  if (split == std::string::npos) return {"", unescape(std::move(name))};
  return {name.substr(0, split), unescape(name.substr(split + 2))};
}

}  // namespace vtpmfs::vsphere
