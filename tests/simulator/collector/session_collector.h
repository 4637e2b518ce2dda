// Which PropertyCollector a request means.
#pragma once

#include <memory>

#include "tests/simulator/collector/property_collector.h"
#include "tests/simulator/soap/call.h"

namespace vtpmfs::simulator {

/// The session's own collector of that reference; the well-known one is made where it is wanted for
/// the first time. Null where there is none.
[[nodiscard]] std::shared_ptr<PropertyCollector> session_collector(const Call& call,
                                                                   const Ref& ref);

}  // namespace vtpmfs::simulator
