// Keeps every SOAP message, so that a schema validator can look at them afterwards.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace vtpmfs::simulator {

/// Writes requests and responses as NNNNNN-Operation-req.xml and -resp.xml into a directory, while
/// one is set. Threads: any. Failure: a file that cannot be written ends the capturing with a line
/// on stderr.
class CaptureDirectory {
 public:
  /// The directory must exist; empty: no more capturing.
  void set(std::string directory);
  /// The number under which request and response of one exchange are filed.
  [[nodiscard]] uint64_t next();
  void request(uint64_t number, std::string_view operation, std::string_view message);
  void response(uint64_t number, std::string_view operation, std::string_view message);

 private:
  void write(uint64_t number, std::string_view operation, std::string_view direction,
             std::string_view message);

  std::mutex lock_;
  std::string directory_;
  uint64_t last_ = 0;
};

}  // namespace vtpmfs::simulator
