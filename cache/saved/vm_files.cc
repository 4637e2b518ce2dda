#include "cache/saved/vm_files.h"

#include "cache/saved/config_file.h"
#include "cache/saved/firmware_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/vtpm_file.h"

namespace vtpmfs::cache {
namespace {

template <class T>
void take_over(std::optional<T>& out, const std::optional<T>& value) {
  if (value) out = value;
}

}  // namespace

VmFiles render_vm_files(const vsphere::VmDetail& detail, SavedOrigin origin) {
  if (!detail.vm.empty()) origin.vm = detail.vm;
  take_over(origin.raw_name, detail.name);
  take_over(origin.instance_uuid, detail.instance_uuid);
  take_over(origin.change_version, detail.change_version);
  take_over(origin.vm_path_name, detail.vm_path_name);
  take_over(origin.key, detail.key_id);
  origin.is_template = detail.is_template;

  VmFiles files;
  if (detail.key_id) files.key_id = render_key_id(*detail.key_id);
  files.bundle = detail.encryption_bundle;
  if (detail.firmware) files.firmware = render_firmware(*detail.firmware);
  if (detail.vtpm) files.vtpm = render_vtpm(*detail.vtpm);
  files.config = render_config(detail.config, origin);
  return files;
}

}  // namespace vtpmfs::cache
