"""Requests that stay at the simulator until a test lets them go."""

import contextlib

from harness.process import wait_until


@contextlib.contextmanager
def held(simulator, match, **more):
    """Requests of that kind stay at the simulator until the body ends, or calls what it is given."""
    number = simulator.inject("hold", match, **more)
    try:
        yield Held(simulator, number)
    finally:
        simulator.control("release", number=number)
        simulator.calm()


class Held:
    def __init__(self, simulator, number):
        self.simulator = simulator
        self.number = number

    def count(self):
        return self.simulator.held(self.number)

    def wait_for(self, count=1):
        wait_until(lambda: self.count() >= count, f"{count} requests are held")

    def release(self):
        self.simulator.control("release", number=self.number)
