// From the tree's words to the kernel's structures.
#pragma once

#include <string>
#include <vector>

#include "fs/kernel/border.h"
#include "fs/kernel/fuse_api.h"
#include "fs/node.h"

namespace vtpmfs::fs::kernel {

struct stat stat_of(const Attributes& attributes);
mode_t file_type(NodeType type);
double seconds(std::chrono::milliseconds timeout);
timespec timespec_of(TimePoint time);
TimePoint time_point(const timespec& time);

/// References that were counted for a reply which the kernel has not taken yet. Those that it did
/// not take are counted back.
class Handover {
 public:
  explicit Handover(Border& border) : border_(border) {}
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;
  ~Handover();

  /// Asks the node for its attributes and counts one reference.
  Result<fuse_entry_param> entry(const NodePtr& node, InodeNumber parent);
  /// A file handle that goes along with the reply.
  uint64_t open_file(OpenFilePtr file);
  uint64_t open_listing(OpenListingPtr listing);
  /// `status` is what sending the reply returned: the kernel has taken all, or nothing.
  void sent(int status);

 private:
  Border& border_;
  std::vector<InodeNumber> references_;
  uint64_t file_ = 0, listing_ = 0;
};

}  // namespace vtpmfs::fs::kernel
