#include "vsphere/vm/extra_config.h"

#include <gtest/gtest.h>

namespace vtpmfs::vsphere {
namespace {

TEST(ExtraConfig, SecretsAndHarmNeverLeave) {
  const std::vector<std::string> everything{"*"};
  for (const std::string key :
       {"guestinfo.userdata", "GuestInfo.x", "machine.id", "RemoteDisplay.vnc.key",
        "remotedisplay.VNC.password", "vtpm.present", "encryption.bundle", "encryption.data",
        "encryptedVM.guid", "dataFileKey", "migrate.hostLog", "viv.moid", "vtpmfs.restore", "nvram",
        ""}) {
    EXPECT_FALSE(may_keep_extra_config(key)) << key;
    EXPECT_FALSE(keeps_extra_config(everything, key)) << key;
  }
}

TEST(ExtraConfig, OnlyWhatAGlobNames) {
  EXPECT_TRUE(may_keep_extra_config("svga.present"));
  EXPECT_FALSE(keeps_extra_config({}, "svga.present"));
  EXPECT_TRUE(keeps_extra_config({"isolation.*", "svga.*"}, "svga.present"));
  EXPECT_TRUE(keeps_extra_config({"svga.present"}, "svga.present"));
  EXPECT_FALSE(keeps_extra_config({"svga"}, "svga.present"));
}

}  // namespace
}  // namespace vtpmfs::vsphere
