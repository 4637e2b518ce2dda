// Counts while they grow.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "vsphere/connection.h"

namespace vtpmfs::vsphere {

/// Requests as they are handed to the transport, repeats after a new login included. Thread-safe.
class TrafficCounts {
 public:
  void login() { ++logins_; }
  void soap_sent(std::string_view method, size_t bytes) {
    ++soap_calls_;
    bytes_sent_ += bytes;
    const std::lock_guard lock(mutex_);
    ++methods_[std::string(method)].calls;
  }
  /// `bytes` of the answer's body, 0 where none came.
  void soap_answered(std::string_view method, size_t bytes, bool well) {
    bytes_received_ += bytes;
    if (well) return;
    const std::lock_guard lock(mutex_);
    ++methods_[std::string(method)].errors;
  }
  void file_sent(bool upload, size_t bytes) {
    ++(upload ? uploads_ : downloads_);
    bytes_sent_ += bytes;
  }
  void file_answered(bool upload, size_t bytes, bool well) {
    bytes_received_ += bytes;
    if (!well) ++(upload ? upload_errors_ : download_errors_);
  }

  [[nodiscard]] Traffic now() const {
    Traffic traffic;
    traffic.soap_calls = soap_calls_;
    traffic.downloads = downloads_;
    traffic.uploads = uploads_;
    traffic.logins = logins_;
    traffic.download_errors = download_errors_;
    traffic.upload_errors = upload_errors_;
    traffic.bytes_sent = bytes_sent_;
    traffic.bytes_received = bytes_received_;
    const std::lock_guard lock(mutex_);
    traffic.methods = methods_;
    return traffic;
  }

 private:
  std::atomic<uint64_t> soap_calls_{0}, downloads_{0}, uploads_{0}, logins_{0};
  std::atomic<uint64_t> download_errors_{0}, upload_errors_{0};
  std::atomic<uint64_t> bytes_sent_{0}, bytes_received_{0};
  mutable std::mutex mutex_;
  std::map<std::string, Traffic::Method> methods_;
};

}  // namespace vtpmfs::vsphere
