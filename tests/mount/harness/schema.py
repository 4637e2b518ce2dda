"""The SOAP messages of a matrix, held against VMware's own schemas where those lie beside the tree."""

import os

from harness.matrix import need_program
from harness.process import Skip, expect, run

SCHEMA = "shared/wsdl/soap11-envelope.xsd"


def schema_beside_the_tree():
    top = os.path.dirname(os.path.abspath(__file__)).rsplit("/tests/mount/", 1)[0]
    return os.path.join(os.path.dirname(top), SCHEMA)


class Messages:
    """Everything that is said to and by a simulator from now on."""

    def __init__(self, scene, simulator):
        self.directory = scene.directory("messages")
        self.simulator = simulator
        if os.path.exists(schema_beside_the_tree()):
            simulator.control("capture", directory=self.directory)

    def says_none(self, name):
        """The schema wants at least one returnval of FindAllByUuid, which leaves no answer to who looks for what is not there."""
        if not name.endswith("-FindAllByUuid-resp.xml"):
            return False
        with open(os.path.join(self.directory, name), encoding="utf-8") as message:
            return "returnval" not in message.read()

    def row(self, matrix):
        """Adds the row that judges them."""
        with matrix.row("every SOAP message of these rows is valid by VMware's schemas"):
            if not os.path.exists(schema_beside_the_tree()):
                raise Skip(f"no {SCHEMA} beside the source tree")
            need_program("xmllint")
            self.simulator.control("capture", directory="")
            files = sorted(name for name in os.listdir(self.directory) if not self.says_none(name))
            expect(len(files) > 20, f"only {len(files)} messages")
            for start in range(0, len(files), 2000):
                done = run("xmllint", "--noout", "--schema", schema_beside_the_tree(),
                           *files[start:start + 2000], cwd=self.directory, seconds=300)
                bad = [line for line in done.stderr.splitlines() if not line.endswith(" validates")]
                expect(done.returncode == 0, f"xmllint says {bad[:3]}")
