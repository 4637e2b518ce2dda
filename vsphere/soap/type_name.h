// The names on the wire of the generated classes.
#pragma once

#include <string>
#include <typeinfo>

namespace vtpmfs::vsphere {

/// A name in a namespace, as "vim25:CreateVM_Task".
struct WireName {
  std::string prefix;
  std::string local;
  [[nodiscard]] std::string qualified() const { return prefix + ":" + local; }
};

/// The element or type that a generated class stands for: class _vim25__CreateVM_USCORETask is the
/// element vim25:CreateVM_Task, class vim25__VirtualTPM the type vim25:VirtualTPM, class xsd__int_
/// the type xsd:int. The class name itself is the only place where soapcpp2 keeps this, so it is
/// read from there, by the rules of soapcpp2 for C++ identifiers.
WireName wire_name(const std::type_info& type);

template <class T>
const WireName& wire_name() {
  static const WireName name = wire_name(typeid(T));
  return name;
}

}  // namespace vtpmfs::vsphere
