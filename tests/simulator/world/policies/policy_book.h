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

  void add(StoragePolicy policy) { policies_.push_back(std::move(policy)); }
  bool remove(std::string_view id);
  void clear() { policies_.clear(); }
  [[nodiscard]] const std::vector<StoragePolicy>& all() const { return policies_; }
  [[nodiscard]] const StoragePolicy* find(std::string_view id) const;
  [[nodiscard]] const StoragePolicy* find_by_name(std::string_view name) const;
  /// Whether the policy asks for encryption, itself or by a component that it refers to.
  [[nodiscard]] bool encrypts(std::string_view id) const;

  /// What a vCenter of some years has: policies with and without encryption; `form` is "both",
  /// "direct", "indirect" or "none" and says in which form the encryption policies are there.
  void fill(std::string_view form);

 private:
  std::vector<StoragePolicy> policies_;
};

}  // namespace vtpmfs::simulator
