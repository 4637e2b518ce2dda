"""The race course of the benchmarks: who runs, what is measured, what must be reached."""
