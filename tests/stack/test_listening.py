"""Ports of a stack that other machines could reach are found, and doctor reports them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from swipestream.settings import REPO_ROOT, Settings
from swipestream.stack import supervision
from swipestream.stack.listening import PROGRAM_VARIABLE, is_loopback
from swipestream.stack.processes import INSTANCE_VARIABLE

SERVER = """
import socket, sys
family, kind, address = sys.argv[1:]
server = socket.socket(getattr(socket, family), getattr(socket, kind))
server.bind((address, 0))
if kind == "SOCK_STREAM":
    server.listen()
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""
# Starts that server as a program of a stack, and asks doctor of this and of another stack.
EXAMINE = """
import json, os, subprocess, sys
from swipestream.settings import Settings
from swipestream.operate.doctor import check_listening
home, server, environment, *arguments = sys.argv[1:]
process = subprocess.Popen(
    [sys.executable, "-c", server, *arguments], env=os.environ | json.loads(environment),
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
)
port = process.stdout.readline().strip()
said = [[[f.level, f.fact] for f in check_listening(Settings(home=h))] for h in (home, home + "2")]
process.communicate("")
print(json.dumps([port, *said]))
"""
# A separate network that nothing can reach: no port is opened on this machine.
APART = ("unshare", "--net", "--map-root-user")


def examine(home: Path, address: str, family: str, kind: str) -> tuple[str, list[list[str]]]:
    """:return: the server's port, and what doctor says of the stack that it belongs to."""
    environment = {
        INSTANCE_VARIABLE: supervision.instance_id(Settings(home=str(home))),
        PROGRAM_VARIABLE: "kafka",
    }
    apart = () if is_loopback(address) else APART
    if apart and subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system gives no process a network of its own (unshare)")
    result = subprocess.run(
        [
            *(*apart, sys.executable, "-c", EXAMINE, home, SERVER, json.dumps(environment)),
            *(family, kind, address),
        ],
        env=os.environ | {"PYTHONPATH": str(REPO_ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    port, said, said_of_another = json.loads(result.stdout)
    assert said_of_another == []
    return port, said


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("192.168.1.5", False),
        ("fe80::1%eth0", False),
    ],
)
def test_loopback_is_this_machine_alone(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_a_server_on_loopback_is_fine(tmp_path: Path) -> None:
    _, said = examine(tmp_path, "127.0.0.1", "AF_INET", "SOCK_STREAM")
    assert said == [["ok", "1 sockets, all on loopback"]]


@pytest.mark.parametrize(
    ("address", "family", "kind"),
    [
        ("0.0.0.0", "AF_INET", "SOCK_STREAM"),
        ("::", "AF_INET6", "SOCK_STREAM"),
        ("0.0.0.0", "AF_INET", "SOCK_DGRAM"),
    ],
)
def test_a_server_for_other_machines_fails(
    tmp_path: Path, address: str, family: str, kind: str
) -> None:
    port, said = examine(tmp_path, address, family, kind)
    ((level, fact),) = said
    assert level == "FAIL"
    assert fact.startswith("other machines can reach kafka: python")
    assert fact.endswith(f":{port}")
