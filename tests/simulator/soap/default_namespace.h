// Messages in the form in which a vCenter writes them.
#pragma once

#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// Rewrites a message that gSOAP wrote with prefixes: what is in the body (or in a fault's detail)
/// declares the endpoint's namespace as its default, its elements and their xsi:types have no
/// prefix then. `prefix` is "vim25" or "pbm"; names of other namespaces stay as they are.
[[nodiscard]] std::string with_default_namespace(std::string_view message, std::string_view prefix);

}  // namespace vtpmfs::simulator
