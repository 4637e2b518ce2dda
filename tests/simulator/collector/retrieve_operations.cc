#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "tests/simulator/collector/collector_operations.h"
#include "tests/simulator/collector/property_collector.h"
#include "tests/simulator/collector/property_reader.h"
#include "tests/simulator/collector/selection.h"
#include "tests/simulator/collector/session_collector.h"
#include "tests/simulator/control/counters.h"
#include "tests/simulator/control/switches.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/fault_message.h"
#include "tests/simulator/soap/operation_template.h"

namespace vtpmfs::simulator {
namespace {

using Rest = PropertyCollector::Rest;

constexpr int kDefaultPage = 100;

/// All of the paths are missing for the same reason.
vim25__ObjectContent unreadable(const Rest::Item& item, const Fault& fault, vsphere::Arena& arena) {
  vim25__ObjectContent content;
  content.obj = wire(item.object);
  for (const auto& properties : item.spec->properties) {
    for (const auto& path : properties.paths) {
      auto& missing = content.missingSet.emplace_back();
      missing.path = path;
      missing.fault = localized(fault, arena);
    }
  }
  return content;
}

Outcome<vim25__ObjectContent> content_of(const ManagedObject& object, const FilterSpec& spec,
                                         const Viewpoint& viewpoint, vsphere::Arena& arena) {
  auto readings = read_properties(object, paths_for(spec, object), viewpoint, arena);
  if (!readings) return refuse(std::move(readings.error()));
  vim25__ObjectContent content;
  content.obj = wire(object.ref());
  for (auto& reading : *readings) {
    if (reading.missing) {
      auto& missing = content.missingSet.emplace_back();
      missing.path = std::move(reading.path);
      missing.fault = localized(*reading.missing, arena);
    } else if (reading.value != nullptr) {
      auto& property = content.propSet.emplace_back();
      property.name = std::move(reading.path);
      property.val = reading.value;
    }
  }
  return content;
}

/// Reads the next page; what is left stays in `rest`.
Outcome<vim25__RetrieveResult> read_page(Rest& rest, const Viewpoint& viewpoint,
                                         vsphere::Arena& arena) {
  vim25__RetrieveResult page;
  while (!rest.items.empty() && page.objects.size() < static_cast<size_t>(rest.page)) {
    const Rest::Item item = std::move(rest.items.front());
    rest.items.pop_front();
    const auto object = item.missing ? nullptr : viewpoint.find(item.object);
    if (object) {
      auto content = content_of(*object, *item.spec, viewpoint, arena);
      if (!content) return refuse(std::move(content.error()));
      page.objects.push_back(std::move(*content));
    } else if (item.spec->report_missing) {
      page.objects.push_back(unreadable(item, object_not_found(item.object), arena));
    }
  }
  return page;
}

Outcome<Rest> find_all(const _vim25__RetrievePropertiesEx& request, const Viewpoint& viewpoint) {
  Rest rest;
  rest.page = request.options.maxObjects.value_or(kDefaultPage);
  if (rest.page <= 0) return refuse(invalid_argument("options.maxObjects"));
  for (const auto& message : request.specSet) {
    auto parsed = filter_spec(message);
    if (!parsed) return refuse(std::move(parsed.error()));
    const auto spec = std::make_shared<const FilterSpec>(std::move(*parsed));
    if (auto checked = check_paths(*spec, viewpoint); !checked) {
      return refuse(std::move(checked.error()));
    }
    auto selection = select(*spec, viewpoint);
    if (!selection) return refuse(std::move(selection.error()));
    for (auto& missing : selection->missing) {
      rest.items.push_back({std::move(missing), spec, true});
    }
    for (auto& object : selection->objects) {
      rest.items.push_back({std::move(object), spec, false});
    }
  }
  return rest;
}

/// Whether the request asks only for what everybody may read (SessionManager.currentSession).
bool asks_for_public_things(const _vim25__RetrievePropertiesEx& request,
                            const Inventory& inventory) {
  const auto is_public = [&](const vim25__PropertySpec& set) {
    const PropertyTable* table = inventory.properties_of(set.type);
    return table != nullptr && !set.pathSet.empty() && !set.all.value_or(false) &&
           std::all_of(set.pathSet.begin(), set.pathSet.end(), [&](const auto& path) {
             const auto match = table->find(path);
             return match && match->property->privilege == "System.Anonymous";
           });
  };
  return std::all_of(request.specSet.begin(), request.specSet.end(), [&](const auto& spec) {
    return std::all_of(spec.propSet.begin(), spec.propSet.end(), is_public);
  });
}

/// The asked properties, sorted, with blanks between.
std::string asked_for(const _vim25__RetrievePropertiesEx& request) {
  std::set<std::string> paths;
  for (const auto& spec : request.specSet)
    for (const auto& set : spec.propSet) paths.insert(set.pathSet.begin(), set.pathSet.end());
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : " ") + path;
  return text;
}

Outcome<void> retrieve(Call& call, const _vim25__RetrievePropertiesEx& request,
                       _vim25__RetrievePropertiesExResponse& response) {
  call.simulator().counters().count_properties(asked_for(request));
  const bool nobody = !call.session() || call.session()->ended();
  // Without a session some servers fault, others say so in each missingSet or answer nothing.
  if (nobody && !asks_for_public_things(request, call.inventory())) {
    const std::string habit = call.simulator().switches().get("unauthenticated-retrieve");
    if (habit == "fault") {
      return refuse(not_authenticated(ref_of(request._USCOREthis), "System.View"));
    }
    if (habit == "empty") return {};
  }
  const Viewpoint viewpoint{call.simulator(), nobody ? nullptr : call.session()};
  auto rest = find_all(request, viewpoint);
  if (!rest) return refuse(std::move(rest.error()));
  auto page = read_page(*rest, viewpoint, call.arena());
  if (!page) return refuse(std::move(page.error()));
  if (!rest->items.empty() && !nobody) {
    const auto collector = session_collector(call, ref_of(request._USCOREthis));
    if (!collector) return refuse(object_not_found(ref_of(request._USCOREthis)));
    page->token = collector->keep(std::move(*rest));
  }
  if (!page->objects.empty()) response.returnval = std::move(*page);
  return {};
}

Outcome<void> continue_retrieve(Call& call, const _vim25__ContinueRetrievePropertiesEx& request,
                                _vim25__ContinueRetrievePropertiesExResponse& response) {
  const auto collector = session_collector(call, ref_of(request._USCOREthis));
  auto rest = collector ? collector->take(request.token) : std::nullopt;
  if (!rest) return refuse(invalid_property("token"));
  const Viewpoint viewpoint{call.simulator(), call.session()};
  const Ref next = rest->items.front().object;
  auto page = read_page(*rest, viewpoint, call.arena());
  if (!page) return refuse(std::move(page.error()));
  // A page has objects; this one's are all gone.
  if (page->objects.empty()) return refuse(object_not_found(next));
  if (!rest->items.empty()) page->token = collector->keep(std::move(*rest));
  response.returnval = call.arena().keep(std::move(*page));
  return {};
}

Outcome<void> cancel_retrieve(Call& call, const _vim25__CancelRetrievePropertiesEx& request,
                              _vim25__CancelRetrievePropertiesExResponse&) {
  const auto collector = session_collector(call, ref_of(request._USCOREthis));
  if (!collector || !collector->take(request.token)) return refuse(invalid_property("token"));
  return {};
}

}  // namespace

void add_retrieve_operations(Simulator& simulator) {
  const Ref collector{"PropertyCollector", "propertyCollector"};
  simulator.inventory().add(
      std::make_shared<Singleton>(collector, Declare<Singleton>().unset("filter").table()));
  simulator.service_content()["propertyCollector"] = collector;
  simulator.switches().declare(
      "invalid-property", {"fault", "missing"},
      "a property path that does not exist: faults the whole call, or goes "
      "into missingSet");
  simulator.switches().declare("unauthenticated-retrieve", {"fault", "missing", "empty"},
                               "RetrievePropertiesEx without a session: faults, or answers with "
                               "NotAuthenticated in each missingSet, or answers nothing");

  Operations& operations = simulator.operations();
  operations.on<_vim25__RetrievePropertiesEx, _vim25__RetrievePropertiesExResponse>(
      {"PropertyCollector", "System.Anonymous", Lock::shared}, retrieve);
  operations.on<_vim25__ContinueRetrievePropertiesEx, _vim25__ContinueRetrievePropertiesExResponse>(
      {"PropertyCollector", "System.View", Lock::shared}, continue_retrieve);
  operations.on<_vim25__CancelRetrievePropertiesEx, _vim25__CancelRetrievePropertiesExResponse>(
      {"PropertyCollector", "System.View", Lock::shared}, cancel_retrieve);
}

}  // namespace vtpmfs::simulator
