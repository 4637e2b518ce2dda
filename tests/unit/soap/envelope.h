// Envelopes for the tests, as a vCenter writes them.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::vsphere::test {

/// An envelope around `body`, with the prefixes soapenv, xsd and xsi.
inline std::string in_envelope(std::string_view body) {
  return std::string(
             R"(<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body>
)")
      .append(body)
      .append("\n</soapenv:Body>\n</soapenv:Envelope>\n");
}

/// The answer of RetrievePropertiesEx with one property of one VM; `val` is the whole element.
inline std::string property_answer(std::string_view val) {
  return in_envelope(std::string(R"(<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval>)"
                                 R"(<objects><obj type="VirtualMachine">vm-42</obj>)"
                                 "<propSet><name>p</name>")
                         .append(val)
                         .append("</propSet></objects></returnval>"
                                 "</RetrievePropertiesExResponse>"));
}

}  // namespace vtpmfs::vsphere::test
