#include "tests/simulator/collector/session_collector.h"

#include "tests/simulator/session/session.h"
#include "tests/simulator/simulator.h"

namespace vtpmfs::simulator {

std::shared_ptr<PropertyCollector> session_collector(const Call& call, const Ref& ref) {
  Session& session = *call.session();
  auto found = std::dynamic_pointer_cast<PropertyCollector>(session.find(ref));
  if (found || ref != call.simulator().service_content().at("propertyCollector")) return found;
  return std::dynamic_pointer_cast<PropertyCollector>(
      session.bind_once(std::make_shared<PropertyCollector>(ref)));
}

}  // namespace vtpmfs::simulator
