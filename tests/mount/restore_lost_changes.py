#!/usr/bin/env -S python3 -B
"""A connection that is lost in the call that changes a VM before it is checked: that call is never sent
twice, and there is one whole VM in the end, or none and nothing left."""

from harness.lost_replies import LOSSES, LostReplies
from harness.matrix import Matrix, need_mounts
from harness.process import within
from harness.restoring import Vault
from harness.scene import Scene


def rows_of_reconfigures(matrix, lost):
    """A VM that has to be changed before it is checked; a second ReconfigVM_Task finishes it."""
    changes = {
        "the key": {"key-id-at-create": "reconfigure-only"},
        "the vTPM": {"vtpm-at-create": "refuse"},
        "the certificates": {"ek-at-create": "refuse"},
    }
    for what, switches in changes.items():
        for kind, words in LOSSES.items():
            end = "nothing is left" if kind == "reset-before" else "the restore ends well"
            with matrix.row(f"ReconfigVM_Task for {what}, {words}: sent once, {end}"), lost.simulator.calmed():
                for name, value in switches.items():
                    lost.simulator.switch(name, value)
                if kind == "reset-before":
                    lost.ends_without("ReconfigVM_Task", kind, 1)
                else:
                    lost.ends_well("ReconfigVM_Task", kind, 2)


def main():
    matrix = Matrix("Lost replies to changes of a VM: nothing twice, nothing left")
    need_mounts(matrix)
    with Scene() as scene:
        rows_of_reconfigures(matrix, LostReplies(Vault(scene, 4, "--timeout", within(3))))
    matrix.end()


if __name__ == "__main__":
    main()
