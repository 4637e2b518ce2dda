#include "tests/simulator/control/capture.h"

#include <cctype>
#include <cstdio>
#include <fstream>

namespace vtpmfs::simulator {

void CaptureDirectory::set(std::string directory) {
  const std::scoped_lock hold(lock_);
  directory_ = std::move(directory);
}

uint64_t CaptureDirectory::next() {
  const std::scoped_lock hold(lock_);
  return ++last_;
}

void CaptureDirectory::request(uint64_t number, std::string_view operation,
                               std::string_view message) {
  write(number, operation, "req", message);
}

void CaptureDirectory::response(uint64_t number, std::string_view operation,
                                std::string_view message) {
  write(number, operation, "resp", message);
}

void CaptureDirectory::write(uint64_t number, std::string_view operation,
                             std::string_view direction, std::string_view message) {
  const std::scoped_lock hold(lock_);
  if (directory_.empty()) return;
  char digits[24];
  std::snprintf(digits, sizeof digits, "%06llu", static_cast<unsigned long long>(number));
  // The operation's name comes from the peer: only what an NCName of vim25 holds goes into a path.
  std::string name;
  for (const char c : operation.substr(0, 80)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ? c : '-';
  }
  const std::string path =
      directory_ + "/" + digits + "-" + name + "-" + std::string(direction) + ".xml";
  std::ofstream file(path, std::ios::binary);
  file.write(message.data(), static_cast<std::streamsize>(message.size()));
  if (!file) {
    std::fprintf(stderr, "cannot write %s, capturing ends\n", path.c_str());
    directory_.clear();
  }
}

}  // namespace vtpmfs::simulator
