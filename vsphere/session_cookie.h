// The cookie that stands for a session.
#pragma once

#include <string>
#include <vector>

namespace vtpmfs::vsphere {

/// `vmware_soap_session=VALUE` out of Set-Cookie headers, with the value as the server wrote it,
/// quotes included, and without its attributes; empty where there is none.
std::string session_cookie(const std::vector<std::string>& set_cookies);

/// The value alone, without quotes, as the SOAP header vcSessionCookie wants it.
std::string bare_cookie_value(const std::string& cookie);

}  // namespace vtpmfs::vsphere
