// The reader of SOAP messages on arbitrary bytes. The first byte chooses what is expected.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vsphere/soap/message.h"

using namespace vtpmfs::vsphere;

namespace {

// What could be read must be writable, and readable again.
template <class T>
void read_write_read(std::string_view xml) {
  const auto message = read_message<T>(xml);
  if (!message) return;
  const auto again = write_message({}, **message);
  if (!again || !read_message<T>(*again)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view xml(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      read_write_read<_vim25__RetrievePropertiesExResponse>(xml);
      break;
    case 1:
      read_write_read<_vim25__WaitForUpdatesExResponse>(xml);
      break;
    case 2:
      read_write_read<_vim25__CreateVM_USCORETask>(xml);
      break;
    case 3:
      read_write_read<_pbm__PbmRetrieveContentResponse>(xml);
      break;
    default:
      (void)peek_operation(xml);
  }
  return 0;
}
