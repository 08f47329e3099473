"""Submitting a planned job again without planning it: seconds instead of half a minute.

Flink's client starts a JVM and Python, plans the SQL, and sends the plan to the cluster's REST
endpoint. The plan is kept on its way. Sent once more, with another job id and the checkpoint to
start from written into it, it is the very job that was submitted, whatever the SQL files say now.
"""

import contextlib
import json
import re
import secrets
import socket
import threading
import urllib.error
from pathlib import Path
from typing import Self

from swipestream.jobs import wanted_jobs
from swipestream.jobs.java_stream import JavaStream, StreamError
from swipestream.settings import LOOPBACK, FlinkSettings, HomeSettings
from swipestream.stack import flink
from swipestream.stack.files import make_folder
from swipestream.stack.program import NotReadyError

RESTORE_SETTINGS = "org.apache.flink.runtime.jobgraph.SavepointRestoreSettings"
ID_BASE = "org.apache.flink.util.AbstractID"
PIECE_BYTES = 1 << 16
SUBMIT_SECONDS = 60
PLAN_NAME = "plan.bin"


class PlanError(Exception):
    """A kept plan cannot be used; the client has to make a new one."""


class Recorder:
    """Passes a client's connections on to the cluster and keeps what the client said."""

    def __init__(self, settings: FlinkSettings) -> None:
        host, _, port = settings.flink_address.rpartition(":")
        self._cluster = (host, int(port))
        self._said: list[bytearray] = []
        self._server = socket.create_server((LOOPBACK, 0))

    @property
    def address(self) -> str:
        """host:port for the client."""
        return f"{LOOPBACK}:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, name="plan recorder", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake up a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def plan(self) -> bytes | None:
        """The plan that was submitted, if one was recognized."""
        return next((plan for plan in map(plan_in, map(bytes, self._said)) if plan), None)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                cluster = socket.create_connection(self._cluster)
            except OSError:
                client.close()
                continue
            said = bytearray()
            self._said.append(said)
            for source, target, kept in ((client, cluster, said), (cluster, client, None)):
                threading.Thread(target=pass_on, args=(source, target, kept), daemon=True).start()


def pass_on(source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
    """Copy one direction of a connection until its end."""
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            if kept is not None:
                kept += piece
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def plan_in(request: bytes) -> bytes | None:
    """The serialized plan in a recorded submission; None if the request is something else."""
    head, _, body = request.partition(b"\r\n\r\n")
    boundary = re.search(rb"boundary=([^\r\n;]+)", head)
    if not re.match(rb"POST (/v\d+)?/jobs ", head) or not boundary:
        return None
    if b"transfer-encoding: chunked" in head.lower():
        body = without_chunks(body)
    for part in body.split(b"\r\n--" + boundary[1]):
        about, _, content = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if b"executionPlan" in about and b"filename=" in about:
            return content
    return None


def without_chunks(body: bytes) -> bytes:
    """The content of an HTTP body in chunks."""
    content, at = bytearray(), 0
    while (end := body.find(b"\r\n", at)) >= 0:
        size = int(body[at:end].split(b";")[0] or b"0", 16)
        if size == 0:
            break
        content += body[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return bytes(content)


def plan_file(settings: HomeSettings, name: str) -> Path:
    """Where the plan of the job of that name is kept; it holds the database's password."""
    return wanted_jobs.folder(settings) / f"{name}.plan"


def keep(settings: HomeSettings, name: str, job_id: str, plan: bytes | None) -> bool:
    """
    Keep a plan if it can be used again.

    :param job_id: the job's, which must be found in the plan.
    :return: whether it is kept; if not, none is.
    """
    path = plan_file(settings, name)
    path.unlink(missing_ok=True)
    if plan is None:
        return False
    try:
        changed(plan, secrets.token_hex(16), "file:/nowhere", expected_id=job_id)
    except (PlanError, StreamError):
        return False
    make_folder(path.parent)
    scratch = path.with_suffix(".plan.new")
    scratch.touch(mode=0o600)
    scratch.write_bytes(plan)
    scratch.replace(path)
    return True


def changed(plan: bytes, job_id: str, restore_from: str, expected_id: str = "") -> bytes:
    """
    The same plan for a job with another id that starts from a checkpoint.

    :param restore_from: "" to start as the plan says.
    :param expected_id: what its id is now, as a check.
    :raises PlanError: the id is not where it was looked for.
    :raises StreamError: the plan is not understood.
    """
    stream = JavaStream(plan)
    if expected_id:
        found = b"".join(
            plan[place.begin : place.end]
            for place in (stream.places.get((ID_BASE, part)) for part in ("lowerPart", "upperPart"))
            if place
        )
        if found.hex() != expected_id:
            raise PlanError(f"found job id {found.hex()}, not {expected_id}")
    number = bytes.fromhex(job_id)
    plan = stream.with_bytes(ID_BASE, "lowerPart", number[:8])
    plan = JavaStream(plan).with_bytes(ID_BASE, "upperPart", number[8:])
    if restore_from:
        plan = JavaStream(plan).with_string(RESTORE_SETTINGS, "restorePath", restore_from)
    return plan


def submit(settings: FlinkSettings, name: str, restore_from: str) -> str:
    """
    Submit the kept plan of a job.

    :param restore_from: a checkpoint; "" to start as the job did at first.
    :return: the new job's id.
    :raises PlanError: there is none, or the cluster does not take it.
    :raises NotReadyError: the cluster does not answer.
    """
    job_id = secrets.token_hex(16)
    try:
        plan = changed(plan_file(settings, name).read_bytes(), job_id, restore_from)
    except (OSError, StreamError) as error:
        raise PlanError(str(error)) from None
    boundary = secrets.token_hex(16)
    try:
        with flink.open_rest(
            settings,
            "/v1/jobs",
            form(boundary, plan),
            content_type=f"multipart/form-data; boundary={boundary}",
            timeout_seconds=SUBMIT_SECONDS,
        ) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise PlanError(f"refused with status {error.code}") from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise NotReadyError(f"{settings.flink_address} does not answer: {error}") from None
    if not str(answer.get("jobUrl", "")).endswith(job_id):
        raise PlanError(f"the cluster answered {answer}")
    return job_id


def form(boundary: str, plan: bytes) -> bytes:
    """The request's body: what is in it, then the plan."""
    names = {"executionPlanFileName": PLAN_NAME, "jobJarFileNames": [], "jobArtifactFileNames": []}
    about = 'Content-Disposition: form-data; name="'
    return b"".join(
        [
            f'--{boundary}\r\n{about}request"\r\n\r\n{json.dumps(names)}\r\n'.encode(),
            f'--{boundary}\r\n{about}file_0"; filename="{PLAN_NAME}"\r\n'.encode(),
            b"Content-Type: application/octet-stream\r\n\r\n",
            plan,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
    )
