// The strictness that gSOAP lacks: a vCenter refuses elements in the wrong order and elements that
// it does not know.
#pragma once

#include <string_view>

#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

/// Compares a request as it came with the same request as gSOAP writes it after reading it. gSOAP
/// writes in the schema's order and only what it knows, so any difference in the sequence of
/// elements is an element out of order, unknown, missing though required, or given twice. Types
/// that the schema does not know are refused as well. InvalidRequest names the first difference.
[[nodiscard]] Outcome<void> check_elements(std::string_view request, std::string_view canonical);

}  // namespace vtpmfs::simulator
