"""Persistent servers on this machine: several by name, each in a folder of its own, on loopback, with snapshots."""
