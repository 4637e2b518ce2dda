#include "fs/kernel/operations.h"

#include "fs/kernel/fuse_api.h"

namespace vtpmfs::fs::kernel {

fuse_lowlevel_ops all_operations() {
  fuse_lowlevel_ops operations{};
  add_session_operations(operations);
  add_lookup_operations(operations);
  add_attribute_operations(operations);
  add_file_operations(operations);
  add_directory_operations(operations);
  add_change_operations(operations);
  add_xattr_operations(operations);
  add_other_operations(operations);
  return operations;
}

}  // namespace vtpmfs::fs::kernel
