// All SOAP messages of a test, held against VMware's own schema.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace vtpmfs::vsphere {

/// A directory for the simulator's capture; validate() is called before it goes.
class CapturedMessages {
 public:
  CapturedMessages() {
    std::string name = (std::filesystem::temp_directory_path() / "vtpmfs-soap-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) directory_ = name;
  }
  ~CapturedMessages() {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  CapturedMessages(const CapturedMessages&) = delete;
  CapturedMessages& operator=(const CapturedMessages&) = delete;

  [[nodiscard]] std::string directory() const { return directory_.string(); }

  static std::filesystem::path schema() {
    return std::filesystem::path(VTPMFS_SOURCE_DIR) / "../shared/wsdl/soap11-envelope.xsd";
  }
  /// Whether messages can be judged here; Schema.MessagesCanBeHeldAgainstIt tells by a skip that
  /// they cannot, once for all tests.
  static bool can_judge() {
    return std::filesystem::exists(schema()) &&
           std::system("command -v xmllint >/dev/null 2>&1") == 0;
  }

  /// Fails the test for messages that are not valid.
  void validate() const {
    if (!can_judge()) return;
    size_t messages = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) {
      ++messages;
    }
    ASSERT_GT(messages, 4U);
    drop_empty_lists();
    const std::string log = (directory_ / "log").string();
    const std::string command = "find '" + directory_.string() +
                                "' -name '*.xml' -print0 | xargs -0 xmllint --noout --schema '" +
                                schema().string() + "' > '" + log + "' 2>&1";
    if (std::system(command.c_str()) == 0) return;
    std::ifstream text(log);
    std::string lines;
    for (std::string line; std::getline(text, line);) {
      if (!line.ends_with(" validates")) lines += line + "\n";
    }
    ADD_FAILURE() << lines;
  }

 private:
  /// The schema wants at least one returnval of FindAllByUuid, which leaves no answer to who looks
  /// for what is not there; the simulator then sends none.
  void drop_empty_lists() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (!entry.path().filename().string().ends_with("-FindAllByUuid-resp.xml")) continue;
      std::ifstream file(entry.path());
      const std::string message{std::istreambuf_iterator<char>(file), {}};
      if (message.find("returnval") == std::string::npos) std::filesystem::remove(entry.path());
    }
  }

  std::filesystem::path directory_;
};

}  // namespace vtpmfs::vsphere
