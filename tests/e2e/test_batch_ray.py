"""`apercu batch --ray`: the same bytes from a real cluster of two nodes, also when a worker of it is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from shell import Shell, refuses
from test_batch_command import QUICK, draw, finished, ledger, results, started, wait_until_finished

from apercu.errors import EXIT_CODES, RunError

pytest.importorskip("ray", reason="needs Ray, from the extra `ray`")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the actors through /proc"),
]

CLUSTER = """
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
raylets = [process.process.pid for node in cluster.list_all_nodes() for process in node.all_processes["raylet"]]
print(cluster.address, *raylets, flush=True)
try:
    input()
except EOFError:
    pass
cluster.shutdown()
"""


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[int]]]:
    """The address of two nodes with one processor each, and the processes that start their workers."""
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout
        address, *raylets = process.stdout.readline().split()
        yield address, [int(raylet) for raylet in raylets]
        process.communicate(timeout=60)


def actors_of(raylets: list[int]) -> list[int]:
    """The processes of this cluster that enlarge pictures."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = re.search(r"^PPid:\s+(\d+)$", status.read_text(), re.MULTILINE)
            title = (status.parent / "cmdline").read_bytes()
        except OSError:  # a process that has just ended
            continue
        if parent and int(parent[1]) in raylets and title.startswith(b"ray::PictureActor"):
            found.append(int(status.parent.name))
    return found


def test_two_nodes_of_which_a_worker_is_killed_give_the_bytes_of_this_machine(
    shell: Shell, cluster: tuple[str, list[int]]
) -> None:
    address, raylets = cluster
    draw(shell.work / "in", 200)
    (shell.work / "in" / "bad.png").write_bytes(b"no picture")
    assert shell.process("batch", "in", "calm", *QUICK).code == EXIT_CODES[RunError]
    process = started(shell, "in", "out", *QUICK, "--ray", address)
    wait_until_finished(process, shell.work / "out", 20)
    actors = actors_of(raylets)
    assert len(actors) == 2
    os.kill(actors[0], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (EXIT_CODES[RunError], b"")
    assert b"out: 200 of 201 pictures by bicubic" in out
    assert results(shell.work / "out") == results(shell.work / "calm")
    assert sorted(finished(shell.work / "out")) == sorted(finished(shell.work / "calm"))
    assert len([line for line in ledger(shell.work / "out") if "begin" in line]) == 201
    again = shell.process("batch", "in", "out", *QUICK, "--resume")  # here what was begun there
    assert "kept     200 finished earlier" in again.out


def test_ctrl_c_leaves_the_cluster_free_and_the_ledger_whole(shell: Shell, cluster: tuple[str, list[int]]) -> None:
    address, _ = cluster
    draw(shell.work / "in", 120)
    process = started(shell, "in", "out", *QUICK, "--ray", address)
    wait_until_finished(process, shell.work / "out", 10)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(rb"\ninterrupted: \d+ of 120 done; go on with --resume\n", err)
    assert not [name for name in results(shell.work / "out") if Path(name).name.startswith(".")]
    outcome = shell.process("batch", "in", "out", *QUICK, "--ray", address, "--resume")
    assert outcome.code == 0
    assert len(finished(shell.work / "out")) == 120


def test_an_address_without_a_cluster_is_refused(shell: Shell) -> None:
    draw(shell.work / "in", 1)
    arguments = ("batch", "in", "out", *QUICK, "--ray", "127.0.0.1:9")
    refuses(shell, RunError, "Ray at '127.0.0.1:9' cannot be used", *arguments, real=True)
