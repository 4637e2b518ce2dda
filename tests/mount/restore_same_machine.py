#!/usr/bin/env -S python3 -B
"""A restored machine is the same machine again, property by property, and what a crafted backup asks for
beyond the allow-list reaches no message."""

import json
import os

from harness.matrix import Matrix, need_mounts
from harness.process import expect, expect_equal
from harness.restoring import Vault, replace, status_of, write_set
from harness.scene import Scene
from harness.truth import read_bytes

# What may differ between the source's config.json and the restored VM's, and why.
ALLOWED = {
    "changeVersion": "of this VM",
    "vtpmfs.vm.value": "another MoRef",
    "vtpmfs.instanceUuid": "new, chosen by vtpmfs",
    "vtpmfs.changeVersion": "of this VM",
    "files.vmPathName": "the directory is named by the datastore",
    "device.connectable.startConnected": "network cards come back disconnected",
    "device.deviceInfo.label": "labels are numbered by the server",
}
# Machines that this is no place for: names that never commit, and machines that cannot be lost just so.
ELSEWHERE = ("/.", "/..", "/.hidden", "/Special/running", "/Special/never-started", "/line\nbreak")


def flat(value, path=""):
    """Paths and values of a JSON document; devices are named by class and bus or unit, for disks are not
    restored."""
    if isinstance(value, dict):
        return {k: v for name, inner in value.items() for k, v in flat(inner, f"{path}.{name}").items()}
    if isinstance(value, list):
        return {k: v for number, inner in enumerate(value)
                for k, v in flat(inner, f"{path}[{number}]").items()}
    return {path.lstrip("."): value}


PCI = 100


def comparable(config):
    """Without what cannot be the same: disks come back with the disk backup, and with them an order that
    names them, for half of it would be another order; what is plugged into the PCI bus is numbered there
    as it comes."""
    disks = {d["key"] for d in config["hardware"]["device"] if d["_typeName"] == "VirtualDisk"}
    config["hardware"]["device"] = [
        d for d in config["hardware"]["device"] if d["key"] not in disks]
    for device in config["hardware"]["device"]:
        if device.get("controllerKey") == PCI:
            device.pop("unitNumber", None)
    order = config.get("bootOptions", {}).get("bootOrder", [])
    if any(entry.get("deviceKey") in disks for entry in order):
        del config["bootOptions"]["bootOrder"]
    return config


def devices_by_key(config):
    devices = {d["key"]: d for d in config["hardware"].pop("device")}
    return flat(config), {key: flat(device) for key, device in devices.items()}


def config_of(directory):
    return json.loads(read_bytes(os.path.join(directory, "config.json")))


def differences(before, after, prefix=""):
    names = sorted(set(before) | set(after))
    return {prefix + name: (before.get(name), after.get(name))
            for name in names if before.get(name) != after.get(name)}


def compare(before, after):
    """Every difference that is not allowed."""
    plain_before, devices_before = devices_by_key(comparable(before))
    plain_after, devices_after = devices_by_key(comparable(after))
    found = differences(plain_before, plain_after)
    for key in sorted(set(devices_before) | set(devices_after)):
        of = differences(devices_before.get(key, {}), devices_after.get(key, {}), "device.")
        found.update({f"{name} of {key}": values for name, values in of.items()})
    return {name: values for name, values in found.items() if name.split(" of ")[0] not in ALLOWED}


def rows_of_comparison(matrix, vault):
    for path in list(vault.unused):
        facts = vault.everybody[path]
        if not facts["tpm"] or facts["locked"] or facts["template"]:
            continue
        if path.endswith(ELSEWHERE) or "/web-app/" in path:  # a vApp, whose name is taken
            continue
        with matrix.row(f"the same machine again: {path}"):
            lost = vault.take(below=path)
            errno = write_set(lost.saved, vault.staged(lost))
            expect_equal(errno, None, f"errno ({status_of(vault.staged(lost)).get('reason')})")
            shown = vault.mount.path(*path.split("/"))
            found = compare(config_of(lost.saved), config_of(shown))
            expect(not found, f"{len(found)} differences: {dict(list(found.items())[:6])}")
            vault.check(lost)


CRAFTED_DEVICES = [
    {"_typeName": "VirtualSerialPort", "key": 9000, "unitNumber": 0, "yieldOnPoll": True,
     "backing": {"_typeName": "VirtualSerialPortURIBackingInfo", "serviceURI": "tcp://CRAFTED:1",
                 "direction": "client", "proxyURI": "telnet://CRAFTED"}},
    {"_typeName": "VirtualSerialPort", "key": 9001,
     "backing": {"_typeName": "VirtualSerialPortFileBackingInfo", "fileName": "[CRAFTED] x/x.log"}},
    {"_typeName": "VirtualPCIPassthrough", "key": 13000,
     "backing": {"_typeName": "VirtualPCIPassthroughDeviceBackingInfo", "id": "CRAFTED",
                 "deviceId": "1", "systemId": "CRAFTED", "vendorId": 1, "deviceName": "CRAFTED"}},
    {"_typeName": "VirtualDisk", "key": 2500, "controllerKey": 1000, "unitNumber": 9, "capacityInKB": 1,
     "backing": {"_typeName": "VirtualDiskRawDiskMappingVer1BackingInfo", "fileName": "[CRAFTED] r.vmdk",
                 "deviceName": "vml.CRAFTED", "compatibilityMode": "physicalMode"}},
    {"_typeName": "VirtualDisk", "key": 2501, "controllerKey": 1000, "unitNumber": 10, "capacityInKB": 1,
     "backing": {"_typeName": "VirtualDeviceFileBackingInfo", "fileName": "[CRAFTED] other/other.vmdk"}},
    {"_typeName": "VirtualCdrom", "key": 3009, "controllerKey": 200, "unitNumber": 1,
     "backing": {"_typeName": "VirtualCdromIsoBackingInfo", "fileName": "[CRAFTED] ../iso/x.iso"},
     "connectable": {"startConnected": True, "allowGuestControl": True, "connected": True}},
    {"_typeName": "VirtualNVDIMM", "key": 7001, "capacityInMB": 64,
     "backing": {"_typeName": "VirtualNVDIMMBackingInfo", "fileName": "[CRAFTED] n.vmdk"}},
    {"_typeName": "VirtualMachineVMCIDevice", "key": 12000, "id": 1, "allowUnrestrictedCommunication": True,
     "filterInfo": {"filters": [{"rank": 1, "action": "allow", "protocol": "CRAFTED", "direction": "guest"}]}},
    {"_typeName": "VirtualUSB", "key": 7009, "vendor": 1, "product": 1, "connected": True,
     "backing": {"_typeName": "VirtualUSBRemoteHostBackingInfo", "deviceName": "CRAFTED", "hostname": "CRAFTED"}},
    {"_typeName": "VirtualVmxnet3", "key": 4009, "controllerKey": 100, "unitNumber": 19,
     "addressType": "manual", "macAddress": "00:50:56:00:00:99",
     "backing": {"_typeName": "VirtualEthernetCardNetworkBackingInfo", "deviceName": "CRAFTED"}},
    {"_typeName": "VirtualSomethingNew", "key": 99000, "backing": {"fileName": "CRAFTED"}},
]
CRAFTED_OPTIONS = {
    "RemoteDisplay.vnc.enabled": "TRUE", "RemoteDisplay.vnc.key": "CRAFTED", "isolation.tools.copy.disable": "CRAFTED",
    "migrate.hostLog": "CRAFTED", "nvram": "[CRAFTED] ../other/other.nvram", "vtpmfs.restore": "CRAFTED",
    "encryption.bundle": "CRAFTED", "sched.swap.derivedName": "CRAFTED", "guestinfo.x": "CRAFTED",
    "pciPassthru0.id": "CRAFTED", "serial0.fileName": "CRAFTED", "fileSearchPath": "CRAFTED",
}


def craft(config):
    """config.json as somebody else might write it; the digests fit."""
    config["hardware"]["device"] += CRAFTED_DEVICES
    config["extraConfig"] = [{"_typeName": "OptionValue", "key": key, "value": value}
                             for key, value in CRAFTED_OPTIONS.items()]
    config["vAppConfig"] = {"_typeName": "VmConfigInfo", "property": [{"key": 1, "id": "CRAFTED"}]}
    config["managedBy"] = {"_typeName": "ManagedByInfo", "extensionKey": "CRAFTED", "type": "CRAFTED"}
    config["files"] = {"_typeName": "VirtualMachineFileInfo", "vmPathName": "[CRAFTED] ../../x/x.vmx",
                       "snapshotDirectory": "[CRAFTED] s", "logDirectory": "[CRAFTED] l"}
    config["locationId"] = "CRAFTED"
    config["npivNodeWorldWideName"] = [1]
    config["swapPlacement"] = "CRAFTED"
    config["resourcePool"] = {"type": "ResourcePool", "value": "CRAFTED"}
    config["datastoreUrl"] = [{"name": "CRAFTED", "url": "ds:///CRAFTED"}]
    config["vmProfile"] = [{"_typeName": "VirtualMachineDefinedProfileSpec", "profileId": "CRAFTED"}]
    origin = config["vtpmfs"]
    origin["vm"] = {"_typeName": "ManagedObjectReference", "type": "VirtualMachine", "value": "CRAFTED"}
    origin["storagePolicy"] = {"id": "CRAFTED", "name": "CRAFTED"}
    return config


def row_of_a_crafted_set(matrix, vault):
    with matrix.row("what a crafted backup asks for beyond the allow-list reaches no message and no URL"):
        sim = vault.simulator
        lost = vault.take(below="DC1/vm/win")
        config = craft(config_of(lost.saved))
        replace(lost.saved, "config.json", json.dumps(config, indent=2).encode())
        others = {vm["id"]: vm for vm in sim.vms(digests=True).values()}
        messages = vault.scene.directory("crafted-messages")
        sim.control("capture", directory=messages)
        errno = write_set(lost.saved, vault.staged(lost))
        sim.control("capture", directory="")
        expect_equal(errno, None, f"errno ({status_of(vault.staged(lost)).get('reason')})")
        sent = [name for name in os.listdir(messages) if "CreateVM_Task" in name]
        expect(sent, "no creation was captured")
        for name in sorted(os.listdir(messages)):
            if name.endswith("-resp.xml"):
                continue
            text = read_bytes(os.path.join(messages, name)).decode()
            expect("CRAFTED" not in text, f"{name} has what only the crafted backup says")
        made = vault.check(lost)
        for key in CRAFTED_OPTIONS:
            expect(made["extra_config"].get(key, "") == "" or key in ("nvram", "encryption.bundle"),
                   f"extraConfig {key} was set")
        for identity, vm in others.items():
            expect_equal(sim.control("list-vms", digests=True) and
                         {v["id"]: v for v in sim.vms(digests=True).values()}[identity], vm,
                         f"another machine, {vm['path']}")
        warned = " ".join(status_of(vault.staged(lost))["warnings"])
        for word in ("VirtualSerialPort", "VirtualPCIPassthrough", "RemoteDisplay.vnc.enabled", "CRAFTED"):
            expect(word in warned, f"{word} is not warned of: {warned[:600]}")


def row_of_a_line_break(matrix, vault):
    title = "a name with a line break: its config.json is taken, and it forges no line of the log"
    with matrix.row(title):
        lost = vault.take(below="DC1/vm/Awkward %2f names/line")
        machines = vault.paths()
        # The simulator calls the new VM's files by that name, and such an nvram is never touched.
        expect_equal(write_set(lost.saved, vault.staged(lost)), "EIO", "errno")
        expect("plain name" in status_of(vault.staged(lost))["reason"], status_of(vault.staged(lost)))
        vault.check_nothing_made(machines)
        lines = [line for line in vault.mount.log_text().splitlines() if "break" in line]
        expect(lines, "the restore of that VM is not in the log")
        expect(all(line[:2] == "20" for line in lines), f"a forged line: {lines}")


def main():
    matrix = Matrix("The same machine again, and no more")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 6, fleet=("--datacenters", "1"))
        row_of_a_crafted_set(matrix, vault)
        rows_of_comparison(matrix, vault)
        row_of_a_line_break(matrix, vault)
    matrix.end()


if __name__ == "__main__":
    main()
