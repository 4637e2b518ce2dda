#include "cache/saved/vm_files.h"

#include <gtest/gtest.h>

#include "cache/saved/config_file.h"
#include "cache/saved/saved_set.h"
#include "tests/unit/saved/made_certificates.h"
#include "tests/unit/saved/made_config.h"

namespace vtpmfs::cache {
namespace {

vsphere::VmDetail detail() {
  vsphere::VmDetail detail;
  detail.vm = {"VirtualMachine", "vm-42"};
  detail.name = "pay%2f01";
  detail.change_version = "v1";
  detail.instance_uuid = "500a";
  detail.key_id = vsphere::CryptoKeyId{"k", "KMS"};
  detail.encryption_bundle = "vmware:key/list/(pair/(fqid/<VMWARE-NULL>/KMS/k,HMAC,AAAA))";
  detail.firmware = "efi";
  detail.vtpm = vsphere::VirtualTpm{};
  detail.vtpm->certificates = {base64_encode(made::certificate(1))};
  detail.vm_path_name = "[ds1] pay01/pay01.vmx";
  detail.is_template = true;
  detail.config = made::ConfigMaker(5).config();
  return detail;
}

TEST(VmFiles, WhatIsWrittenIsReadAsTheSame) {
  SavedOrigin origin;
  origin.vcenter_name = "vc";
  origin.inventory_path = "/DC0/vm/pay%2f01";
  const VmFiles files = render_vm_files(detail(), origin);
  ASSERT_TRUE(files.key_id && files.bundle && files.firmware && files.vtpm);
  EXPECT_EQ(*files.bundle, *detail().encryption_bundle);
  EXPECT_EQ(*files.firmware, "efi\n");

  const auto set = parse_saved_set({{"keyId", *files.key_id},
                                    {"encryption.bundle", *files.bundle},
                                    {"firmware", *files.firmware},
                                    {"vtpm.json", *files.vtpm},
                                    {"config.json", files.config}},
                                   true, 270840);
  ASSERT_TRUE(set) << set.error().words;
  EXPECT_TRUE(check_restorable(*set));
  EXPECT_EQ(set->key, detail().key_id);
  EXPECT_EQ(set->vtpm, detail().vtpm);
  EXPECT_EQ(set->config, detail().config);
  ASSERT_TRUE(set->origin);
  EXPECT_EQ(set->origin->raw_name, "pay%2f01");
  EXPECT_EQ(set->origin->vm, detail().vm);
  EXPECT_EQ(set->origin->change_version, "v1");
  EXPECT_EQ(set->origin->instance_uuid, "500a");
  EXPECT_EQ(set->origin->vm_path_name, "[ds1] pay01/pay01.vmx");
  EXPECT_EQ(set->origin->vcenter_name, "vc");
  EXPECT_TRUE(set->origin->is_template);
}

TEST(VmFiles, WhatVcenterDoesNotHaveIsNoFile) {
  const VmFiles files = render_vm_files({}, {});
  EXPECT_FALSE(files.key_id);
  EXPECT_FALSE(files.bundle);
  EXPECT_FALSE(files.firmware);
  EXPECT_FALSE(files.vtpm);
  EXPECT_TRUE(parse_config(files.config));
}

TEST(VmFiles, TheConfigOfALockedVmStillNamesTheKey) {
  vsphere::VmDetail locked = detail();
  locked.key_id.reset();
  SavedOrigin origin;
  origin.key = vsphere::CryptoKeyId{"from the feed", "KMS"};
  const auto config = parse_config(render_vm_files(locked, origin).config);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->origin->key, origin.key);
}

}  // namespace
}  // namespace vtpmfs::cache
