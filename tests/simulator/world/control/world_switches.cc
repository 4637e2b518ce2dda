#include "tests/simulator/world/control/world_switches.h"

#include "tests/simulator/control/switches.h"

namespace vtpmfs::simulator {

void declare_switches(Switches& switches) {
  switches.declare("ek-at-create", {"accept", "refuse", "refuse-config"},
                   "certificates that come with a new vTPM: taken, refused by InvalidArgument, or "
                   "refused by GenericVmConfigFault");
  switches.declare("ek-at-edit", {"accept", "own"},
                   "certificates set on a vTPM: any, or only those of its own endorsement keys");
  switches.declare("vtpm-at-create", {"allow", "refuse"},
                   "whether CreateVM_Task takes a vTPM, or only ReconfigVM_Task does");
  switches.declare(
      "bundle-at-create", {"kept", "rewrapped", "appended", "replaced", "dropped"},
      "a given bundle is kept; holds the same data key wrapped anew; gets another pair; "
      "makes room for a new data key; is not shown");
  switches.declare("nvram-after-create", {"present", "absent", "other-name"},
                   "the nvram file of a new machine");
  switches.declare("native-explicit-key", {"accept", "refuse"},
                   "CryptoSpecEncrypt with a key id of a native provider");
  switches.declare("key-id-at-create", {"set", "reconfigure-only"},
                   "whether CreateVM_Task sets config.keyId, or only ReconfigVM_Task does");
  switches.declare("put", {"created-or-ok", "always-200", "always-201", "fail-500"},
                   "the status of a PUT to /folder");
  switches.declare("head-length", {"present", "absent"}, "Content-Length in answers to HEAD");
  switches.declare("destroy", {"allow", "refuse"}, "Destroy_Task is refused by MethodDisabled");
  switches.declare("list-kms-clusters", {"present", "missing"},
                   "ListKmsClusters, IsKmsClusterActive and GetDefaultKmsCluster (7.0)");
  switches.declare("list-kmip-servers", {"present", "missing"}, "ListKmipServers (6.5)");
  switches.declare("query-crypto-key-status", {"present", "missing"},
                   "QueryCryptoKeyStatus (6.7.2)");
  switches.declare("encryption-policies", {"both", "indirect", "direct", "dangling", "none"},
                   "in which form the built-in encryption policies are there");
  switches.declare("pbm", {"available", "unavailable"}, "the policy service answers HTTP 503");
  switches.declare("pbm-fetch-vendor-info", {"present", "missing"}, "PbmFetchVendorInfo");
}

}  // namespace vtpmfs::simulator
