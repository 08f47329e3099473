"""Attacks: requests of a foreign web page to Flink, and posing as the worker that scores."""

import base64
import contextlib
import http.client
import json
import socket
from collections.abc import Iterator

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc

from swipestream.settings import LOOPBACK, Settings
from swipestream.stack.listening import listeners

FORM = "multipart/form-data; boundary=x"
UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="file_0"; filename="plan.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\nnot a plan\r\n--x--\r\n"
)
FOREIGN: list[dict[str, str]] = [
    {"Origin": "http://shop.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Host": "shop.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def ask(
    settings: Settings,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None = None,
    *,
    login: str | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """
    One request, with these headers and no others.

    :param login: user:password; None: ours, "": none.
    """
    known = settings.flink_login if login is None else login
    if known:
        encoded = base64.b64encode(known.encode()).decode()
        headers = {"Authorization": f"Basic {encoded}"} | headers
    connection = http.client.HTTPConnection(settings.flink_address, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def requests(job_id: str) -> list[tuple[str, str, dict[str, str], bytes | None]]:
    """Requests that read and requests that change something: method, path, headers, body."""
    job = f"/jobs/{job_id}"
    savepoint = json.dumps({"target-directory": "file:/tmp/stolen", "cancel-job": True}).encode()
    text = {"Content-Type": "text/plain"}
    return [
        ("GET", "/", {}, None),
        ("GET", "/jobs/overview", {}, None),
        ("GET", "/jobmanager/config", {}, None),
        ("GET", "/jobmanager/log", {}, None),
        ("GET", f"{job}/yarn-cancel", {}, None),
        ("GET", f"/v1{job}/yarn-cancel", {}, None),
        ("PATCH", f"{job}?mode=cancel", {}, None),
        ("POST", f"{job}/savepoints", text, savepoint),
        ("POST", f"{job}/stop", text, savepoint),
        ("POST", "/savepoint-disposal", text, b'{"savepoint-path": "file:/tmp/x"}'),
        ("POST", "/v1/jobs", {"Content-Type": FORM}, UPLOAD),
        ("POST", "/jars/upload", {"Content-Type": FORM}, UPLOAD),
        ("DELETE", "/cluster", {}, None),
        ("OPTIONS", "/jobs/overview", {"Access-Control-Request-Method": "GET"}, None),
    ]


# As Beam numbers workers; the job's own is among them.
WORKER_IDS = [f"{environment}-{number}" for environment in range(1, 9) for number in (1, 2)]
ANSWER_SECONDS = 1.0


def work_given_to_a_stranger(settings: Settings) -> list[str]:
    """
    Pose as the worker at every port of the stack, on every address of this machine.

    :return: what came back as work to do; nothing if all is well.
    """
    ports = {found.port for found in listeners(settings) if found.protocol == "tcp"}
    hosts = {LOOPBACK, socket.gethostbyname(socket.gethostname())}
    given: list[str] = []
    for address in (f"{host}:{port}" for host in sorted(hosts) for port in sorted(ports)):
        with grpc.insecure_channel(address) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
            except grpc.FutureTimeoutError:
                # Nobody is there, or somebody who speaks something else.
                continue
            for worker_id in WORKER_IDS:
                with contextlib.suppress(grpc.RpcError):
                    given += work(channel, worker_id)
    return given


def work(channel: grpc.Channel, worker_id: str) -> Iterator[str]:
    """Instructions for a worker of that name, as far as they come soon."""
    control = beam_fn_api_pb2_grpc.BeamFnControlStub(channel)  # type: ignore[no-untyped-call]
    for instruction in control.Control(
        iter(()), metadata=[("worker_id", worker_id)], timeout=ANSWER_SECONDS
    ):
        yield f"{worker_id}: {instruction.WhichOneof('request')}"
