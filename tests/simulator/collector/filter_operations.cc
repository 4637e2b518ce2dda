#include <algorithm>
#include <memory>

#include "tests/simulator/collector/collector_operations.h"
#include "tests/simulator/collector/property_collector.h"
#include "tests/simulator/collector/session_collector.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"

namespace vtpmfs::simulator {
namespace {

Outcome<void> create_collector(Call& call, const _vim25__CreatePropertyCollector&,
                               _vim25__CreatePropertyCollectorResponse& response) {
  auto collector =
      std::make_shared<PropertyCollector>(call.session()->new_ref("PropertyCollector"));
  response.returnval = wire(collector->ref(), call.arena());
  call.session()->bind(std::move(collector));
  return {};
}

Outcome<void> destroy_collector(Call& call, const _vim25__DestroyPropertyCollector& request,
                                _vim25__DestroyPropertyCollectorResponse&) {
  const Ref ref = ref_of(request._USCOREthis);
  const auto collector = session_collector(call, ref);
  // The well-known collector is the server's own.
  if (!collector || ref == call.simulator().service_content().at("propertyCollector")) {
    return refuse(not_supported());
  }
  collector->cancel_wait();
  for (const Ref& filter : collector->remove_all_filters()) call.session()->unbind(filter);
  call.session()->unbind(ref);
  return {};
}

Outcome<void> create_filter(Call& call, const _vim25__CreateFilter& request,
                            _vim25__CreateFilterResponse& response) {
  auto spec = filter_spec(request.spec);
  if (!spec) return refuse(std::move(spec.error()));
  const Viewpoint viewpoint{call.simulator(), call.session()};
  if (auto checked = check_paths(*spec, viewpoint); !checked) return checked;
  // Finds out now what would fault later: objects that are not there, wrong traversals.
  const auto selection = select(*spec, viewpoint);
  if (!selection) return refuse(selection.error());
  for (const Ref& ref : selection->objects) {
    const auto object = viewpoint.find(ref);
    if (!object) continue;
    for (const auto& path : paths_for(*spec, *object)) {
      if (!object->properties().find(path) &&
          call.simulator().switches().is("invalid-property", "fault")) {
        return refuse(invalid_property(path));
      }
    }
  }
  const auto collector = session_collector(call, ref_of(request._USCOREthis));
  if (!collector) return refuse(object_not_found(ref_of(request._USCOREthis)));
  const auto filter = collector->add_filter(*call.session(), call.inventory(), std::move(*spec));
  response.returnval = wire(filter->ref(), call.arena());
  return {};
}

Outcome<void> destroy_filter(Call& call, const _vim25__DestroyPropertyFilter& request,
                             _vim25__DestroyPropertyFilterResponse&) {
  const Ref ref = ref_of(request._USCOREthis);
  const auto filter = std::dynamic_pointer_cast<PropertyFilter>(call.session()->find(ref));
  if (!filter) return refuse(object_not_found(ref));
  if (const auto collector = session_collector(call, filter->collector())) {
    collector->remove_filter(ref);
  }
  call.session()->unbind(ref);
  return {};
}

Outcome<void> wait_for_updates(Call& call, const _vim25__WaitForUpdatesEx& request,
                               _vim25__WaitForUpdatesExResponse& response) {
  const Ref ref = ref_of(request._USCOREthis);
  const auto collector = session_collector(call, ref);
  if (!collector) return refuse(object_not_found(ref));
  PropertyCollector::WaitLimits limits;
  if (request.options) {
    limits.seconds = request.options->maxWaitSeconds;
    if (limits.seconds && *limits.seconds < 0) {
      return refuse(invalid_argument("options.maxWaitSeconds"));
    }
    if (request.options->maxObjectUpdates) {
      limits.objects = *request.options->maxObjectUpdates;
      if (limits.objects <= 0) return refuse(invalid_argument("options.maxObjectUpdates"));
    }
  }
  if (call.simulator().switches().is("updates-at-a-time", "3")) {
    limits.objects = std::min(limits.objects, 3);
  }
  const Session::Busy busy(*call.session());
  const Viewpoint viewpoint{call.simulator(), call.session()};
  auto updates = collector->wait(viewpoint, call, request.version.value_or(""), limits);
  if (!updates) return refuse(std::move(updates.error()));
  response.returnval = std::move(*updates);
  return {};
}

}  // namespace

void add_filter_operations(Simulator& simulator) {
  simulator.switches().declare("unauthenticated-wait", {"fault", "missing"},
                               "WaitForUpdatesEx whose session ends: faults, or answers with "
                               "NotAuthenticated in a missingSet");
  simulator.switches().declare("updates-at-a-time", {"asked", "3"},
                               "objects in one answer of WaitForUpdatesEx: what is asked for, or "
                               "the server's own limit below that");
  simulator.switches().declare("feed", {"whole", "weak"},
                               "whether WaitForUpdatesEx tells changes of config.*, as a vCenter "
                               "does, or forgets them, as VMware's vcsim");
  Operations& operations = simulator.operations();
  operations.on<_vim25__CreatePropertyCollector, _vim25__CreatePropertyCollectorResponse>(
      {"PropertyCollector", "System.View", Lock::shared}, create_collector);
  operations.on<_vim25__DestroyPropertyCollector, _vim25__DestroyPropertyCollectorResponse>(
      {"PropertyCollector", "System.View", Lock::exclusive}, destroy_collector);
  operations.on<_vim25__CreateFilter, _vim25__CreateFilterResponse>(
      {"PropertyCollector", "System.View", Lock::exclusive}, create_filter);
  operations.on<_vim25__DestroyPropertyFilter, _vim25__DestroyPropertyFilterResponse>(
      {"PropertyFilter", "System.View", Lock::exclusive}, destroy_filter);
  operations.on<_vim25__WaitForUpdatesEx, _vim25__WaitForUpdatesExResponse>(
      {"PropertyCollector", "System.View", Lock::none}, wait_for_updates);
  operations.on<_vim25__CancelWaitForUpdates, _vim25__CancelWaitForUpdatesResponse>(
      {"PropertyCollector", "System.View", Lock::none},
      [](Call& call, const _vim25__CancelWaitForUpdates& request,
         _vim25__CancelWaitForUpdatesResponse&) -> Outcome<void> {
        const auto collector = session_collector(call, ref_of(request._USCOREthis));
        if (collector) collector->cancel_wait();
        return {};
      });
}

}  // namespace vtpmfs::simulator
