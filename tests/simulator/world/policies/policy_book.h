// The storage policies of the simulated vCenter, as plain data.
//
// No lock of its own: read and changed under the inventory's lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmfs::simulator {

struct Capability {
  std::string name_space;
  std::string id;
  std::string property;
  std::string value;
};

struct StoragePolicy {
  std::string id;
  std::string name;
  std::string description;
  std::string category = "REQUIREMENT";  ///< or DATA_SERVICE_POLICY, RESOURCE
  std::string line_of_service;           ///< "ENCRYPTION" for encryption components
  std::vector<Capability> capabilities;
  bool is_default = false;
};

class PolicyBook {
 public:
  /// Ids that are the same on every vCenter.
  static constexpr std::string_view built_in_encryption = "4d5f673c-536f-11e6-beb8-9e71128cae77";
  static constexpr std::string_view encryption_component = "ad5a249d-cbc2-43af-9366-694d7664fa52";
  /// One that says by itself that it encrypts.
  static constexpr std::string_view direct_encryption = "7d1e2c3b-0a4f-4c5d-9e8f-1a2b3c4d5e6f";

  void add(StoragePolicy policy) { policies_.push_back(std::move(policy)); }
  bool remove(std::string_view id);
  [[nodiscard]] const std::vector<StoragePolicy>& all() const { return policies_; }
  [[nodiscard]] const StoragePolicy* find(std::string_view id) const;
  [[nodiscard]] const StoragePolicy* find_by_name(std::string_view name) const;
  /// Whether the policy asks for encryption, itself or by a component that it refers to.
  [[nodiscard]] bool encrypts(std::string_view id) const;

  /// Makes the policies that a vCenter comes with; those for encryption come with show().
  void fill();
  /// Has the built-in encryption policies there in this form: "indirect" (a reference to a
  /// component), "direct", "both", "dangling" (a reference whose component is not there) or "none".
  /// Policies that clients made stay.
  void show(std::string_view form);

 private:
  std::vector<StoragePolicy> policies_;
  std::string shown_;
};

}  // namespace vtpmfs::simulator
