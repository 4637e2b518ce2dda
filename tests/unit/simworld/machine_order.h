// CreateVM_Task and ReconfigVM_Task requests, put together piece by piece.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/simworld/world_fixture.h"
#include "vsphere/soap/arena.h"

namespace vtpmfs::simulator {

/// A ConfigSpec under construction. Not copied: the spec points into the arena.
class SpecBuilder {
 public:
  SpecBuilder() = default;
  SpecBuilder(const SpecBuilder&) = delete;
  SpecBuilder& operator=(const SpecBuilder&) = delete;

  /// An EFI machine of hardware 19 on a datastore.
  SpecBuilder& ordinary(const std::string& name, const std::string& path = "[datastore1]") {
    spec.name = name;
    spec.version = "vmx-19";
    spec.guestId = "windows2019srvNext_64Guest";
    spec.firmware = "efi";
    spec.files.emplace();
    spec.files->vmPathName = path;
    return *this;
  }
  SpecBuilder& device(vim25__VirtualDevice* added, const std::string& operation = "add") {
    auto& change = spec.deviceChange.emplace_back();
    change.operation = operation;
    change.device = added;
    return *this;
  }
  SpecBuilder& tpm(const std::vector<std::string>& certificates = {},
                   const std::string& operation = "add", int key = -1) {
    auto* made = arena.make<vim25__VirtualTPM>();
    made->key = key;
    made->endorsementKeyCertificate = certificates;
    return device(made, operation);
  }
  SpecBuilder& encrypt(const std::string& provider, const std::string& key) {
    auto* crypto = arena.make<vim25__CryptoSpecEncrypt>();
    crypto->cryptoKeyId = key_id(provider, key);
    spec.crypto = crypto;
    return *this;
  }
  SpecBuilder& recrypt(const std::string& provider, const std::string& key) {
    auto* crypto = arena.make<vim25__CryptoSpecShallowRecrypt>();
    crypto->newKeyId = key_id(provider, key);
    spec.crypto = crypto;
    return *this;
  }
  SpecBuilder& extra(const std::string& key, const std::string& value) {
    auto& option = spec.extraConfig.emplace_back();
    option.key = key;
    option.value = arena.text(value);
    return *this;
  }
  SpecBuilder& policy(const std::string& id) {
    auto* profile = arena.make<vim25__VirtualMachineDefinedProfileSpec>();
    profile->profileId = id;
    spec.vmProfile.push_back(profile);
    return *this;
  }
  /// A disk that is made with the machine, on a new SCSI controller.
  SpecBuilder& disk(const std::string& file = "") {
    auto* controller = arena.make<vim25__ParaVirtualSCSIController>();
    controller->key = -100;
    controller->sharedBus = "noSharing";
    device(controller);
    auto* backing = arena.make<vim25__VirtualDiskFlatVer2BackingInfo>();
    backing->fileName = file;
    backing->diskMode = "persistent";
    auto* made = arena.make<vim25__VirtualDisk>();
    made->key = -101;
    made->controllerKey = -100;
    made->capacityInKB = 1048576;
    made->backing = backing;
    device(made);
    spec.deviceChange.back().fileOperation = "create";
    return *this;
  }
  SpecBuilder& card(const std::string& network) {
    auto* backing = arena.make<vim25__VirtualEthernetCardNetworkBackingInfo>();
    backing->deviceName = network;
    auto* made = arena.make<vim25__VirtualVmxnet3>();
    made->key = -200;
    made->backing = backing;
    return device(made);
  }

  static vim25__CryptoKeyId key_id(const std::string& provider, const std::string& key) {
    vim25__CryptoKeyId id;
    id.keyId = key;
    if (!provider.empty()) {
      id.providerId.emplace();
      id.providerId->id = provider;
    }
    return id;
  }

  vim25__VirtualMachineConfigSpec spec;
  vsphere::Arena arena;
};

/// Tests that make and change machines in DC1.
class MachineTest : public WorldTest {
 protected:
  using WorldTest::WorldTest;

  static constexpr const char* built_in_policy = "4d5f673c-536f-11e6-beb8-9e71128cae77";
  static constexpr const char* plain_policy = "f4e5bade-15a2-4805-bf8e-52318c4ce443";

  TaskEnd create(const SpecBuilder& builder, const std::string& folder = "DC1/vm",
                 const std::string& pool = "DC1/host/Cluster1/Resources",
                 const std::string& host = "") {
    _vim25__CreateVM_USCORETask request;
    request._USCOREthis = wire(at(folder));
    request.config = builder.spec;
    request.pool = wire(at(pool));
    if (!host.empty()) request.host = wire(at(host));
    return run<_vim25__CreateVM_USCORETaskResponse>(request);
  }
  TaskEnd reconfigure(const Ref& machine, const SpecBuilder& builder) {
    _vim25__ReconfigVM_USCORETask request;
    request._USCOREthis = wire(machine);
    request.spec = builder.spec;
    return run<_vim25__ReconfigVM_USCORETaskResponse>(request);
  }

  /// The five things that a backup of a machine holds.
  struct Saved {
    std::string provider;
    std::string key;
    std::string bundle;
    std::string nvram;
    std::vector<std::string> certificates;
  };
  Saved save(const std::string& name);
  /// The order that a restore gives.
  void fill(SpecBuilder& builder, const std::string& name, const Saved& saved) {
    builder.ordinary(name)
        .tpm(saved.certificates)
        .extra("encryption.bundle", saved.bundle)
        .policy(built_in_policy)
        .encrypt(saved.provider, saved.key);
  }
  /// The URL of a machine's file.
  static std::string url_of(const std::string& path, const std::string& datacenter = "DC1",
                            const std::string& datastore = "datastore1");
};

}  // namespace vtpmfs::simulator
