#include "fs/restore/job/restore_record.h"

namespace vtpmfs::fs {

std::string place_key(const vsphere::MoRef& vm_folder, const std::vector<std::string>& folders,
                      const std::string& name) {
  std::string key = vm_folder.value;
  for (const std::string& folder : folders) key += "\n" + folder;
  key += "\n" + name;
  for (char& c : key)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return key;
}

std::string RestoreRecord::place() const {
  return place_key(vm_folder, folders, name);
}

}  // namespace vtpmfs::fs
