#include "tests/simulator/world/control/world_switches.h"

#include "tests/simulator/control/switches.h"

namespace vtpmfs::simulator {

void declare_switches(Switches& switches) {
  switches.declare("ek-at-create", {"accept", "refuse", "refuse-config"},
                   "certificates that come with a new vTPM: taken, refused by InvalidArgument, or "
                   "refused by GenericVmConfigFault");
  switches.declare("ek-at-edit", {"accept", "own"},
                   "certificates set on a vTPM: any, or only those of its own endorsement keys");
  switches.declare("vtpm-placement", {"ignore", "refuse"},
                   "controllerKey, unitNumber, slotInfo and connectable of a new vTPM: not looked "
                   "at, or refused by InvalidDeviceSpec");
  switches.declare("boot-order-new-keys", {"resolve", "refuse"},
                   "a boot order that names devices of the same spec by their negative keys: they "
                   "become the real ones, or InvalidArgument");
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
  switches.declare("folder-no-privilege", {"403", "401", "404"},
                   "the status of /folder for who lacks a privilege");
  switches.declare("folder-head", {"served", "405"}, "whether /folder knows HEAD");
  switches.declare("torn-reads", {"never", "each", "every-second", "every-third"},
                   "which GET of a running machine's nvram answers a mix of two contents");
  switches.declare("policy-fit", {"always", "never"},
                   "an encryption policy fits the datastore, or is refused by NotSupported");
  switches.declare("head-length", {"present", "absent"}, "Content-Length in answers to HEAD");
  switches.declare("destroy", {"allow", "refuse"}, "Destroy_Task is refused by MethodDisabled");
  switches.declare("list-kms-clusters", {"present", "missing"},
                   "ListKmsClusters, IsKmsClusterActive and GetDefaultKmsCluster (7.0)");
  switches.declare("list-kmip-servers", {"present", "missing"}, "ListKmipServers (6.5)");
  switches.declare("query-crypto-key-status", {"present", "missing"},
                   "QueryCryptoKeyStatus (6.7.2)");
  switches.declare("encryption-policies", {"both", "indirect", "direct", "dangling", "none"},
                   "in which form the built-in encryption policies are there");
  switches.declare("pbm-fetch-vendor-info", {"present", "without-vmcrypt", "missing"},
                   "PbmFetchVendorInfo: there, there but without VM encryption, or not there");
  switches.declare("folder-privileges", {"both", "datastore"},
                   "where /folder wants Datastore.Browse and FileManagement: on the datastore and "
                   "the datacenter, or on the datastore alone");
}

}  // namespace vtpmfs::simulator
