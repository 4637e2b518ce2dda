#include "tests/simulator/wire_time.h"
#include "tests/simulator/world/operations/machine_work.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/rules/names.h"
#include "tests/simulator/world/rules/placement.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

constexpr std::int64_t vmx_size = 4096;

/// The name of the .vmx file: the machine's, made fit for a file name.
std::string vmx_name(const Placement& placement, const std::string& name) {
  if (!placement.vmx.empty()) return placement.vmx;
  return (name == "." || name == ".." ? name + "_" : name) + ".vmx";
}

/// Takes a home that was made for nothing away again.
class HomeGuard {
 public:
  HomeGuard(Datastore& datastore, std::string home, bool existed)
      : datastore_(datastore), home_(std::move(home)), keep_(existed) {}
  ~HomeGuard() {
    if (!keep_) datastore_.files.remove_directory(home_);
  }
  HomeGuard(const HomeGuard&) = delete;
  HomeGuard& operator=(const HomeGuard&) = delete;
  void keep() { keep_ = true; }

 private:
  Datastore& datastore_;
  const std::string home_;
  bool keep_;
};

Outcome<const Folder*> check_folder(const World& world, const CreateOrder& order) {
  const auto* folder = world.inventory.get<Folder>(order.folder);
  if (folder == nullptr) return refuse(object_not_found(order.folder));
  if (!folder->takes("VirtualMachine")) return refuse(not_supported());
  if (!order.spec.name) return refuse(invalid_argument("configSpec.name"));
  if (auto free = check_name_free(world, *folder, *order.spec.name); !free) {
    return refuse(free.error());
  }
  if (!order.spec.vm_path_name) return refuse(invalid_argument("configSpec.files"));
  return folder;
}

}  // namespace

std::string vmx_text(const VirtualMachine& vm) {
  return ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nuuid.bios = \"" + vm.config.uuid + "\"\n";
}

Outcome<Ref> create_machine(World& world, const CreateOrder& order) {
  const auto folder = check_folder(world, order);
  if (!folder) return refuse(folder.error());
  const std::string& name = *order.spec.name;
  const auto placed = place_machine(world, order.folder, order.pool, order.host, order.spec);
  if (!placed) return refuse(placed.error());
  const Placement& placement = *placed;
  Datastore& datastore = *placement.datastore;
  const bool home_existed =
      !placement.home.empty() && datastore.files.directory(placement.home) != nullptr;
  auto home = make_home(world, datastore, placement, name);
  if (!home) return refuse(home.error());
  HomeGuard guard(datastore, *home, home_existed);

  Draft draft;
  draft.creating = true;
  draft.name = name;
  draft.host = placement.host;
  draft.owner = placement.owner;
  draft.config.datastore = datastore.ref();
  draft.config.vmx = *home + "/" + vmx_name(placement, name);
  if (datastore.files.find(draft.config.vmx) != nullptr) {
    const std::string file = "[" + datastore.name() + "] " + draft.config.vmx;
    return refuse(fault_of("FileAlreadyExists",
                           "Cannot complete the operation because the file or "
                           "folder " +
                               file + " already exists")
                      .with("file", file));
  }
  draft.space_needed = vmx_size;
  if (auto applied = apply_spec(world, draft, order.spec); !applied) {
    return refuse(applied.error());
  }
  if (auto space = check_space(datastore, draft.space_needed, draft.config.vmx); !space) {
    return refuse(space.error());
  }

  draft.config.create_date = wire_time_now();
  draft.config.change_version = wire_time_now();
  auto* resources = world.inventory.get<ResourcePool>(order.pool);
  const bool in_vapp = resources->is_vapp();
  auto vm = std::make_shared<VirtualMachine>(world.inventory.new_ref("VirtualMachine", "vm"), name,
                                             in_vapp ? Ref{} : order.folder, world.inventory,
                                             world.endorsements);
  vm->config = std::move(draft.config);
  vm->host = placement.host->ref();
  vm->pool = order.pool;
  if (in_vapp) vm->vapp = order.pool;
  draft.files.push_back({datastore.ref(), vm->config.vmx,
                         File{FileType::config, stored_bytes(vmx_text(*vm)), now_in_seconds()}});
  guard.keep();
  apply_files(world, draft.files);
  const Ref made = vm->ref();
  world.add_machine(std::move(vm));
  return made;
}

}  // namespace vtpmfs::simulator
