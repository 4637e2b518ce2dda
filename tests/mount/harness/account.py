"""An account that may restore, and no more."""

import contextlib

from harness.simulator import PASSWORD

LIMITED = "limited@vsphere.local"
# What an account needs that restores.
RESTORE_PRIVILEGES = [
    "System.View", "System.Read", "System.Anonymous",
    "Datastore.Browse", "Datastore.FileManagement", "Datastore.AllocateSpace", "Folder.Create",
    "VirtualMachine.Inventory.Create", "VirtualMachine.Inventory.Delete",
    "VirtualMachine.Config.AddRemoveDevice", "VirtualMachine.Config.AdvancedConfig",
    "VirtualMachine.Config.CPUCount", "VirtualMachine.Config.Memory", "VirtualMachine.Config.Settings",
    "VirtualMachine.Config.EditDevice", "VirtualMachine.Config.Annotation",
    "Cryptographer.EncryptNew", "Resource.AssignVMToPool",
    "Network.Assign", "StorageProfile.View", "Cryptographer.ManageKeyServers",
    "Cryptographer.ManageKeys", "StorageProfile.Update", "Cryptographer.ManageEncryptionPolicy",
]


def grant(simulator, privileges):
    """The account has these, and no others."""
    simulator.control("add-user", user=LIMITED, password=PASSWORD)
    simulator.control("add-role", role="limited", privileges=list(privileges))
    simulator.control("grant", user=LIMITED, role="limited")


@contextlib.contextmanager
def lacking(simulator, *missing):
    """Without these while the body runs."""
    grant(simulator, [p for p in RESTORE_PRIVILEGES if p not in missing])
    try:
        yield
    finally:
        grant(simulator, RESTORE_PRIVILEGES)
