#include "tests/simulator/collector/view.h"

#include <algorithm>
#include <memory>
#include <unordered_set>

#include "tests/simulator/model/managed_type.h"
#include "tests/simulator/model/value.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"

namespace vtpmfs::simulator {
namespace {

Outcome<void> create_container_view(Call& call, const _vim25__CreateContainerView& request,
                                    _vim25__CreateContainerViewResponse& response) {
  const Ref container = ref_of(request.container);
  if (!call.inventory().find(container)) return refuse(object_not_found(container));
  // As documented: only these can hold others.
  const auto holds = {"Folder", "Datacenter", "ComputeResource", "ResourcePool", "HostSystem"};
  if (std::none_of(holds.begin(), holds.end(),
                   [&](const char* base) { return is_a(container.type, base); })) {
    return refuse(invalid_argument("container"));
  }
  if (auto allowed = call.require(container, "System.View"); !allowed) return allowed;
  for (const auto& type : request.type) {
    if (!is_managed_type(type)) return refuse(invalid_argument("type"));
  }
  auto view =
      std::make_shared<ContainerView>(call.session()->new_ref("ContainerView"), call.inventory(),
                                      container, request.type, request.recursive);
  response.returnval = wire(view->ref(), call.arena());
  call.session()->bind(std::move(view));
  return {};
}

Outcome<void> create_list_view(Call& call, const _vim25__CreateListView& request,
                               _vim25__CreateListViewResponse& response) {
  std::vector<Ref> objects;
  for (const auto& object : request.obj) {
    Ref ref = ref_of(object);
    if (!call.inventory().find(ref)) return refuse(object_not_found(ref));
    objects.push_back(std::move(ref));
  }
  auto view = std::make_shared<ListView>(call.session()->new_ref("ListView"), call.inventory(),
                                         std::move(objects));
  response.returnval = wire(view->ref(), call.arena());
  call.session()->bind(std::move(view));
  return {};
}

}  // namespace

std::vector<Ref> ContainerView::contents() const {
  const std::scoped_lock hold(lock_);
  if (!looked_ || seen_generation_ != inventory_.tree_generation()) {
    contents_ = look();
    seen_generation_ = inventory_.tree_generation();
    looked_ = true;
  }
  return contents_;
}

std::vector<Ref> ContainerView::look() const {
  const auto top = inventory_.find(container_);
  if (!top) return {};
  std::vector<Ref> all;
  top->append_contents(all);
  std::unordered_set<Ref> seen;
  std::vector<Ref> kept;
  for (size_t i = 0; i < all.size(); ++i) {
    const Ref ref = all[i];  // a copy: `all` grows
    if (!seen.insert(ref).second) continue;
    const auto object = inventory_.find(ref);
    if (!object) continue;
    if (types_.empty() || std::any_of(types_.begin(), types_.end(),
                                      [&](const auto& type) { return is_a(ref.type, type); })) {
      kept.push_back(ref);
    }
    if (recursive_) object->append_contents(all);
  }
  return kept;
}

const PropertyTable& ContainerView::properties() const {
  static const PropertyTable table =
      Declare<ContainerView>()
          .property("view", [](const ContainerView& view,
                               const Reading& r) { return refs_value(r, view.contents()); })
          .property("container", [](const ContainerView& view,
                                    const Reading& r) { return ref_value(r, view.container_); })
          .property("type", [](const ContainerView& view,
                               const Reading& r) { return texts_value(r, view.types_); })
          .property("recursive", [](const ContainerView& view,
                                    const Reading& r) { return bool_value(r, view.recursive_); })
          .table();
  return table;
}

std::vector<Ref> ListView::contents() const {
  std::vector<Ref> alive;
  std::copy_if(objects_.begin(), objects_.end(), std::back_inserter(alive),
               [this](const Ref& ref) { return inventory_.find(ref) != nullptr; });
  return alive;
}

const PropertyTable& ListView::properties() const {
  static const PropertyTable table =
      Declare<ListView>()
          .property("view", [](const ListView& view,
                               const Reading& r) { return refs_value(r, view.contents()); })
          .table();
  return table;
}

void add_view_operations(Simulator& simulator) {
  const Ref manager{"ViewManager", "ViewManager"};
  simulator.inventory().add(
      std::make_shared<Singleton>(manager, Declare<Singleton>().unset("viewList").table()));
  simulator.service_content()["viewManager"] = manager;
  Operations& operations = simulator.operations();
  operations.on<_vim25__CreateContainerView, _vim25__CreateContainerViewResponse>(
      {"ViewManager", "System.View", Lock::shared}, create_container_view);
  operations.on<_vim25__CreateListView, _vim25__CreateListViewResponse>(
      {"ViewManager", "System.View", Lock::shared}, create_list_view);
  operations.on<_vim25__DestroyView, _vim25__DestroyViewResponse>(
      {"View", "System.View", Lock::shared},
      [](Call& call, const _vim25__DestroyView& request,
         _vim25__DestroyViewResponse&) -> Outcome<void> {
        call.session()->unbind(ref_of(request._USCOREthis));
        return {};
      });
}

}  // namespace vtpmfs::simulator
