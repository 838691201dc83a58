"""Measures a cluster of three nodes beside a single node: `make bench-cluster`.

Three daemons and three etcd members share this machine with the load, so the cluster's figures are those of a machine
that does the work of six: ratios say more than numbers.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster_rig import Cluster
from etcd_members import Etcd
from server import Server, binary

PASSWORD = "tall ships 4 sail"


def load(server: Server, request: str, body: dict[str, object], connections: int, seconds: float) -> dict[str, float]:
    """Figures of authnz-bench: requests/s, and latencies in microseconds."""
    done = subprocess.run(
        [binary("authnz-bench"), "load", "--url", server.url, "--secret-file", str(server.key_file), "--request", request,
         "--body", json.dumps(body), "--connections", str(connections), "--seconds", str(seconds)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures = {name: float(value) for name, value in re.findall(r"^(\S+)\s+([\d.]+)", done.stdout, re.M)}
    if re.findall(r"^status (?!200 )", done.stdout, re.M) or "unanswered" in figures:
        print(f"  not every answer was right:\n{done.stdout}")
    return figures


def new_session(server: Server) -> tuple[dict[str, object], str]:
    """What makes a session, and one."""
    body: dict[str, object] = {
        "ip_address": "192.0.2.7", "user_agent": "bench", "user_id": 2, "expires": 7, "extra_info_json": None,
    }  # fmt: skip
    return body, str(server.ask("session-new", **body)["session_token"])


def measure_reads(node: Server, alone: Server, rounds: int, seconds: float) -> None:
    ratios = []
    _, on_node = new_session(node)
    _, on_alone = new_session(alone)
    for server, token in ((node, on_node), (alone, on_alone)):
        load(server, "session-exists", {"session_token": token}, 64, 1)
    for _ in range(rounds):
        ours = load(node, "session-exists", {"session_token": on_node}, 64, seconds)["requests/s"]
        theirs = load(alone, "session-exists", {"session_token": on_alone}, 64, seconds)["requests/s"]
        ratios.append(ours / theirs)
        print(f"  node of three {ours:8.0f}/s   single node {theirs:8.0f}/s   ratio {ours / theirs:.3f}")
    print(f"reads: node/single {statistics.median(ratios):.3f} (median of {rounds} pairs)\n")


def measure_writes(node: Server, alone: Server, seconds: float) -> None:
    for connections in (1, 64, 256):
        line = f"writes, {connections:3} connections:"
        for name, server in (("node of three", node), ("single node", alone)):
            body, _ = new_session(server)
            f = load(server, "session-new", body, connections, seconds)
            line += f"   {name} {f['requests/s']:6.0f}/s p50 {f['p50'] / 1000:.1f} ms p99 {f['p99'] / 1000:.1f} ms"
        print(line)
    print()


def measure_revocation(cluster: Cluster, times: int) -> None:
    first, *others = cluster.nodes
    took: list[float] = []
    with first.client() as here:
        for other in others:
            with other.client() as there:
                for _ in range(times // len(others)):
                    _, token = new_session(first)
                    while not there.call("session-exists", {"session_token": token}).success:
                        time.sleep(0.001)
                    here.call("session-delete", {"session_token": token})
                    since = time.monotonic()
                    asked = since
                    while there.call("session-exists", {"session_token": token}).success:
                        asked = time.monotonic()
                    took.append((asked - since) * 1000)
    took.sort()
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    print(
        f"revocation: the last acceptance elsewhere after the acknowledgement, {len(took)} times: "
        f"p50 {statistics.median(took):.1f} ms, p99 {p99:.1f} ms, max {took[-1]:.1f} ms"
    )


def checks(node: Server, emails: list[str], seconds: float) -> dict[str, float]:
    """All at once, one connection each: a node checks one password of an account at a time."""
    with ThreadPoolExecutor(len(emails)) as loads:
        bodies = [{"email": email, "password": PASSWORD} for email in emails]
        figures = list(loads.map(lambda body: load(node, "user-passcheck-nosession", body, 1, seconds), bodies))
    longest = max(f["p50"] for f in figures) / 1000
    return {"rate": sum(f["answers"] for f in figures) / seconds, "ms": longest}


def measure_hashing(rounds: int, seconds: float) -> None:
    """Three nodes of one hasher each, of which one is asked: with what the others compute for it, and without."""
    cluster = Cluster(Etcd(3, "--unsafe-no-fsync=false").start(), hashers="1", argon2="m=65536,t=3,p=1")
    try:
        cluster.link()
        asked = cluster.found().nodes[0]
        emails = [f"person{number}@example.org" for number in range(8)]
        for email in emails:
            asked.ask("user-new", full_name="Some One", email=email, password=PASSWORD)
            asked.ask("user-set-emailverified", email=email)
        ratios = []
        for _ in range(rounds):
            done = {}
            for shared in ("0", "1"):
                asked.stop()
                asked.cluster_items["hashingbypeers"] = shared
                asked.join()
                asked.spawn()
                asked.wait_until_ready()
                checks(asked, emails, 1)
                done[shared] = checks(asked, emails, seconds)
            ratios.append(done["1"]["rate"] / done["0"]["rate"])
            print(
                "  password checks on one of three:"
                f"   alone {done['0']['rate']:.1f}/s, {done['0']['ms']:.0f} ms"
                f"   with idle peers {done['1']['rate']:.1f}/s, {done['1']['ms']:.0f} ms"
            )
        print(f"hashing: with idle peers/alone {statistics.median(ratios):.2f} (median of {rounds} pairs)\n")
    finally:
        cluster.remove()


def measure_state(chosen: argparse.Namespace) -> None:
    cluster = Cluster(Etcd(3, "--unsafe-no-fsync=false").start())
    alone = Server()
    try:
        cluster.found()
        alone.start()
        measure_reads(cluster.nodes[0], alone, chosen.rounds, chosen.seconds)
        measure_writes(cluster.nodes[0], alone, chosen.seconds)
        measure_revocation(cluster, chosen.revocations)
    finally:
        alone.remove()
        cluster.remove()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--revocations", type=int, default=400)
    options.add_argument("--only", choices=("hashing",), help="measure nothing else")
    chosen = options.parse_args()
    # The binaries' directory is the build; figures of debug builds mean nothing.
    print(f"binaries: {Path(binary('authnzerver')).parent.parent.name}\n")
    if chosen.only != "hashing":
        measure_state(chosen)
    measure_hashing(3, 2 * chosen.seconds)


if __name__ == "__main__":
    main()
