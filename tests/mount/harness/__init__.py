"""What the tests on a real mount share: a simulated vCenter, a mount, the tools, and the rows."""
