// A whole saved set, a vCenter that takes it, and one restore of the one into the other.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include "cache/saved/base64.h"
#include "cache/saved/config_file.h"
#include "cache/saved/key_id_file.h"
#include "cache/saved/vtpm_file.h"
#include "fs/restore/job/restore_job.h"
#include "tests/unit/restore/fake_target.h"
#include "tests/unit/saved/made_certificates.h"

namespace vtpmfs::fs {

inline const vsphere::CryptoKeyId kKey{"a4e7494f-da55", "KMS"};
inline const std::string kBundle =
    "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/a4e7494f%2dda55,HMAC%2dSHA%2d256,"
    "KPYD5%2fz%2bAw%3d%3d))";
/// For the same key, sealed anew.
inline const std::string kRewrapped =
    "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/a4e7494f%2dda55,HMAC%2dSHA%2d256,"
    "AAAD5%2fz%2bAw%3d%3d))";
inline const std::string kNvram("\0secret nvram\xff", 14);
inline const vsphere::MoRef kDatacenter{"Datacenter", "dc-1"};
inline const vsphere::MoRef kVmFolder{"Folder", "group-v1"};

/// A fault about the certificates, which another form of the device may mend.
inline Error tpm_fault() {
  vsphere::Fault fault;
  fault.type = "InvalidArgument";
  fault.invalid_property = "configSpec.deviceChange[0].device.endorsementKeyCertificate";
  return made::fault_error(fault);
}

class RestoreFixture : public testing::Test {
 protected:
  RestoreFixture() : journal_(target_) {
    tpm_.key = 11000;
    tpm_.certificates = {cache::base64_encode(cache::made::certificate(1))};
    config_.num_cpus = 2;
    config_.memory_mb = 2048;
    config_.uuid = "420d0000-0000-0000-0000-000000000001";
    config_.annotation = "pays wages";
    vsphere::VmDevice nic;
    nic.type = "VirtualVmxnet3";
    nic.key = 4000;
    nic.mac_address = "00:50:56:00:00:01";
    nic.address_type = "assigned";
    nic.network_name = "VM Network";
    config_.devices = {nic};
    origin_.vcenter_instance_uuid = "vcenter-1";
    origin_.instance_uuid = "520d0000-0000-0000-0000-000000000001";

    const vsphere::MoRef host{"HostSystem", "host-1"};
    target_.offered.hosts = {{host, "esx1", "/DC0/host/C0/esx1", true, "safe", {}}};
    target_.offered.pools = {{{"ResourcePool", "resgroup-1"},
                              "/DC0/host/C0/Resources",
                              {"ClusterComputeResource", "domain-c1"},
                              true,
                              {host},
                              vsphere::MoRef{"EnvironmentBrowser", "envbrowser-1"}}};
    vsphere::DatastoreChoice datastore;
    datastore.place = {{"Datastore", "datastore-1"}, "ds1", kDatacenter, "/DC0", {}};
    datastore.free_bytes = 1ULL << 40;
    datastore.accessible = true;
    datastore.hosts = {host};
    target_.offered.datastores = {datastore};
    target_.offered.networks = {{{"Network", "network-1"},
                                 "VM Network",
                                 {},
                                 {},
                                 {},
                                 {},
                                 {},
                                 false,
                                 "/DC0/network/VM Network"}};
    target_.providers = {{"KMS", "vCenter", {}, {}, {}}};
    target_.policies = {{"policy-1", "VM Encryption Policy", true}};
  }

  [[nodiscard]] RestoreRequest request() const {
    RestoreRequest out;
    out.files = {{"keyId", cache::render_key_id(kKey)},
                 {"encryption.bundle", kBundle},
                 {"firmware", "efi\n"},
                 {"vtpm.json", cache::render_vtpm(tpm_)},
                 {"config.json", cache::render_config(config_, origin_)},
                 {"nvram", kNvram}};
    if (origin_.no_nvram) out.files.erase("nvram");
    out.manifest_verified = true;
    out.datacenter = kDatacenter;
    out.vm_folder = kVmFolder;
    out.vm_name = "pay01";
    return out;
  }

  [[nodiscard]] RestoreSurroundings surroundings() {
    vsphere::ServerInfo server;
    server.instance_uuid = "vcenter-1";
    return {target_,
            journal_,
            server,
            options_,
            std::chrono::milliseconds(100),
            [](const vsphere::MoRef& folder, const std::string& name) {
              return folder == kVmFolder ? "/DC0/vm/" + name : "/" + name;
            },
            std::chrono::milliseconds(5)};
  }

  Status restore(const RestoreRequest& asked) {
    const RestoreSurroundings around = surroundings();
    RestoreJob job(around, asked, interrupted_, stop_,
                   [this](const RestoreStatus& status) { seen_.push_back(status); });
    Status result = job.run();
    if (result) job.forget();
    status_ = job.status();
    return result;
  }
  Status restore() { return restore(request()); }

  /// The errno of a restore that must fail, and that leaves nothing.
  int refusal() {
    const Status result = restore();
    EXPECT_TRUE(target_.machines.empty()) << "a VM was left";
    EXPECT_TRUE(journal_.records().empty()) << "a record was left";
    EXPECT_EQ(status_.state, result ? RestoreStatus::State::done : RestoreStatus::State::failed);
    if (result) return 0;
    EXPECT_FALSE(status_.reason.empty());
    EXPECT_FALSE(status_.what_to_do.empty());
    return result.error().code.value();
  }

  [[nodiscard]] const made::FakeTarget::Machine& machine() const {
    return target_.machines.begin()->second;
  }

  made::FakeTarget target_;
  made::FakeJournal journal_;
  RestoreOptions options_;
  vsphere::VirtualTpm tpm_;
  vsphere::VmConfig config_;
  cache::SavedOrigin origin_;
  vsphere::CancelToken interrupted_, stop_;
  std::vector<RestoreStatus> seen_;
  RestoreStatus status_;
};

}  // namespace vtpmfs::fs
