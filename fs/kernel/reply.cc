#include "fs/kernel/reply.h"

#include <cerrno>

namespace vtpmfs::fs::kernel {

int Reply::create(const fuse_entry_param& entry, const fuse_file_info& file) {
  fuse_req_t request = steal();
  return request == nullptr ? 0 : fuse_reply_create(request, &entry, &file);
}

int Reply::attributes(const struct stat& attributes, double timeout) {
  fuse_req_t request = steal();
  return request == nullptr ? 0 : fuse_reply_attr(request, &attributes, timeout);
}

int Reply::bytes(std::string_view bytes) {
  fuse_req_t request = steal();
  return request == nullptr ? 0 : fuse_reply_buf(request, bytes.data(), bytes.size());
}

void Reply::none() {
  if (fuse_req_t request = steal(); request != nullptr) fuse_reply_none(request);
}

void Reply::send_nothing_left() {
  if (fuse_req_t request = steal(); request != nullptr) fuse_reply_err(request, EIO);
}

}  // namespace vtpmfs::fs::kernel
