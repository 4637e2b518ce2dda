#include "tests/simulator/world/policies/policy_book.h"

#include <algorithm>

namespace vtpmfs::simulator {
namespace {

constexpr std::string_view reference = "com.vmware.storageprofile.dataservice";
constexpr std::string_view filter = "vmwarevmcrypt";

Capability refer_to(std::string_view component) {
  const std::string id(component);
  return {std::string(reference), id, id, id};
}

Capability encrypting() {
  return {std::string(filter), "vmwarevmcrypt@ENCRYPTION", "AllowCleartextFilters", "False"};
}

}  // namespace

bool PolicyBook::remove(std::string_view id) {
  const auto gone = std::remove_if(policies_.begin(), policies_.end(),
                                   [&](const StoragePolicy& policy) { return policy.id == id; });
  const bool found = gone != policies_.end();
  policies_.erase(gone, policies_.end());
  return found;
}

const StoragePolicy* PolicyBook::find(std::string_view id) const {
  const auto found = std::find_if(policies_.begin(), policies_.end(),
                                  [&](const StoragePolicy& policy) { return policy.id == id; });
  return found == policies_.end() ? nullptr : &*found;
}

const StoragePolicy* PolicyBook::find_by_name(std::string_view name) const {
  const auto found = std::find_if(policies_.begin(), policies_.end(),
                                  [&](const StoragePolicy& policy) { return policy.name == name; });
  return found == policies_.end() ? nullptr : &*found;
}

bool PolicyBook::encrypts(std::string_view id) const {
  const StoragePolicy* policy = find(id);
  if (policy == nullptr) return false;
  return std::any_of(policy->capabilities.begin(), policy->capabilities.end(),
                     [&](const Capability& capability) {
                       if (capability.name_space == filter) return true;
                       if (capability.name_space != reference) return false;
                       // One step only: a component refers to nothing. The default component
                       // encrypts even where it cannot be shown.
                       return capability.id == encryption_component ||
                              (capability.id != id && encrypts(capability.id));
                     });
}

void PolicyBook::fill() {
  add({"aa6d5a82-1c88-45da-85d3-3d74b91a5bad",
       "vSAN Default Storage Policy",
       "",
       "REQUIREMENT",
       "",
       {{"VSAN", "hostFailuresToTolerate", "hostFailuresToTolerate", "1"}},
       true});
  add({"f4e5bade-15a2-4805-bf8e-52318c4ce443",
       "Management Storage Policy - Thin",
       "",
       "REQUIREMENT",
       "",
       {{"VSAN", "proportionalCapacity", "proportionalCapacity", "0"}},
       false});
  add({"c7e5bade-15a2-4805-bf8e-52318c4ce499",
       "Host-local PMem",
       "",
       "RESOURCE",
       "",
       {{"PMem", "PMemType", "PMemType", "LocalPMem"}},
       false});
}

void PolicyBook::show(std::string_view form) {
  if (form == shown_) return;
  shown_ = form;
  for (const std::string_view id : {built_in_encryption, encryption_component, direct_encryption}) {
    remove(id);
  }
  const bool both = form == "both";
  if (both || form == "indirect" || form == "dangling") {
    add({std::string(built_in_encryption),
         "VM Encryption Policy",
         "Sample storage policy for VMware's VM and virtual disk encryption",
         "REQUIREMENT",
         "",
         {refer_to(encryption_component)},
         false});
  }
  if (both || form == "indirect") {
    add({std::string(encryption_component),
         "Default encryption properties",
         "Default encryption properties",
         "DATA_SERVICE_POLICY",
         "ENCRYPTION",
         {encrypting()},
         false});
  }
  if (both || form == "direct") {
    add({std::string(direct_encryption),
         "Gold encrypted",
         "Made by hand",
         "REQUIREMENT",
         "",
         {encrypting()},
         false});
  }
}

}  // namespace vtpmfs::simulator
