"""Hosts of their own on this machine: network namespaces, each on two bridges.

The front is where clients come from, the back is between the hosts. A host that is cut off at the back still answers
its clients.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import unittest

from etcd_members import Place


def ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


def require_namespaces() -> None:
    """Skips the test where they cannot be made, as in most containers."""
    if shutil.which("ip") is None:
        raise unittest.SkipTest("network namespaces need the package iproute2")
    name = f"authnz-probe-{os.getpid()}"
    made = ip("netns", "add", name, check=False)
    if made.returncode != 0:
        raise unittest.SkipTest(f"network namespaces are not permitted here: {made.stderr.strip()}")
    bridge = ip("link", "add", f"azp{os.getpid()}", "type", "bridge", check=False)
    ip("netns", "del", name)
    if bridge.returncode != 0:
        raise unittest.SkipTest(f"bridges are not permitted here: {bridge.stderr.strip()}")
    ip("link", "del", f"azp{os.getpid()}")


class Hosts:
    """Of `count` hosts, by number from 0."""

    def __init__(self, count: int) -> None:
        self.tag = f"az{os.getpid() % 100000}"
        self.count = count
        third = os.getpid() % 120 * 2
        self.front, self.back = f"10.213.{third}", f"10.213.{third + 1}"
        for side, net in (("f", self.front), ("b", self.back)):
            bridge = f"{self.tag}{side}"
            ip("link", "add", bridge, "type", "bridge")
            ip("addr", "add", f"{net}.254/24", "dev", bridge)
            ip("link", "set", bridge, "up")
        for number in range(count):
            ip("netns", "add", self.name(number))
            self.inside(number, "link", "set", "lo", "up")
            self.join(number, "f", self.front)
            self.join(number, "b", self.back)

    def name(self, number: int) -> str:
        return f"{self.tag}h{number}"

    def inside(self, number: int, *words: str) -> None:
        ip("-n", self.name(number), *words)

    def join(self, number: int, side: str, net: str) -> None:
        outer = f"{self.tag}{side}{number}"
        ip("link", "add", outer, "type", "veth", "peer", "name", f"{side}0", "netns", self.name(number))
        ip("link", "set", outer, "master", f"{self.tag}{side}", "up")
        self.inside(number, "addr", "add", f"{net}.{number + 1}/24", "dev", f"{side}0")
        self.inside(number, "link", "set", f"{side}0", "up")

    def place(self, number: int) -> Place:
        """Its address at the back."""
        return Place(f"{self.back}.{number + 1}", ("ip", "netns", "exec", self.name(number)))

    def front_address(self, number: int) -> str:
        return f"{self.front}.{number + 1}"

    def cut(self, number: int) -> None:
        """From all others, both ways, at the back."""
        ip("link", "set", f"{self.tag}b{number}", "down")

    def mend(self, number: int) -> None:
        ip("link", "set", f"{self.tag}b{number}", "up")

    def silence(self, number: int, towards: int) -> None:
        """What `number` sends to `towards` is lost; it still hears the others."""
        self.inside(number, "route", "add", "blackhole", f"{self.back}.{towards + 1}/32")

    def unsilence(self, number: int, towards: int) -> None:
        self.inside(number, "route", "del", "blackhole", f"{self.back}.{towards + 1}/32")

    def remove(self) -> None:
        for number in range(self.count):
            ip("netns", "del", self.name(number), check=False)
        for side in "fb":
            ip("link", "del", f"{self.tag}{side}", check=False)
