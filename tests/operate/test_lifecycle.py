"""The real stack, in an awkward folder: start, start again, lose a process, stop, come back."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from swipestream.errors import PortTakenError, SwipestreamError
from swipestream.followers.table import wanted
from swipestream.jobs import wanted_jobs
from swipestream.jobs.cluster_jobs import jobs
from swipestream.jobs.wanted_jobs import complete_checkpoints
from swipestream.operate import control
from swipestream.settings import Settings, fields, read_env_file
from swipestream.stack import flink
from swipestream.stack.ports import free_ports
from swipestream.stack.processes import processes_of
from swipestream.stack.program import NotReadyError
from swipestream.stack.supervision import Supervisor, instance_id
from tests.eventually import eventually

# Spaces, letters of one to four bytes, one of them in two code points, and shell characters.
HOME = "with späces in 東京 😀 e\u0301 (1) [x] $HOME & more"

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def environ_for(home: Path) -> dict[str, str]:
    """Settings of a second stack beside the session's."""
    ports = [item.metadata["env"] for item in fields() if item.name.endswith("_port")]
    own = dict(zip(ports, map(str, free_ports(len(ports))), strict=True))
    return dict(os.environ) | own | {"SWIPESTREAM_HOME": str(home)}


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environ_for(tmp_path_factory.mktemp("a home") / HOME)


@pytest.fixture(scope="module")
def own_stack(environ: dict[str, str]) -> Iterator[Settings]:
    """A stack that these tests may stop and damage."""
    settings = Settings.load(environ)
    try:
        yield control.up(settings)
    finally:
        control.purge(settings)


def pids(settings: Settings) -> dict[str, int]:
    return {name: state.pid for name, state in Supervisor(settings).states().items()}


def run(
    swipestream: Path, environ: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [swipestream, *words], env=environ, capture_output=True, text=True, check=False
    )


def test_every_service_runs(own_stack: Settings) -> None:
    services = control.status(own_stack)
    assert {service.state for service in services} == {"running"}
    assert {"kafka", "postgres", "flink-jobmanager", "flink-taskmanager"} <= {
        service.name for service in services
    }


def test_a_second_up_changes_nothing(own_stack: Settings) -> None:
    before = pids(own_stack)
    begin = time.monotonic()
    control.up(own_stack)
    assert pids(own_stack) == before
    assert time.monotonic() - begin < 10


def test_the_stack_stays_under_three_gigabytes(own_stack: Settings) -> None:
    assert sum(service.memory_bytes for service in control.status(own_stack)) < 3 * 2**30


def test_no_password_is_on_a_command_line(own_stack: Settings) -> None:
    secrets = read_env_file(own_stack.secrets_file).values()
    assert secrets
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        assert not any(secret in line for secret in secrets), process


def test_only_loopback_is_served(own_stack: Settings) -> None:
    for process in processes_of(instance_id(own_stack)):
        for connection in process.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip in ("127.0.0.1", "::ffff:127.0.0.1", "::1"), process


def test_status_is_readable_by_programs(
    own_stack: Settings, swipestream: Path, environ: dict[str, str]
) -> None:
    listed = json.loads(run(swipestream, environ, "status", "--json").stdout)
    found = {service["name"]: service["pid"] for service in listed}
    expected = pids(own_stack)
    followers = {follower.name: expected["followers"] for follower in wanted(own_stack)}
    assert found == expected | followers


def test_doctor_finds_nothing_to_mend(
    own_stack: Settings, swipestream: Path, environ: dict[str, str]
) -> None:
    result = run(swipestream, environ, "doctor")
    assert result.returncode == 0, result.stdout
    assert "FAIL" not in result.stdout
    assert "topic payments: 2 partitions" in result.stdout
    assert "migrations:" in result.stdout


def test_logs_are_shown(own_stack: Settings, swipestream: Path, environ: dict[str, str]) -> None:
    assert "ready to accept connections" in run(swipestream, environ, "logs", "postgres").stdout
    wrong = run(swipestream, environ, "logs", "nobody")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: there is no log of nobody\nhint: logs there are:")


def test_a_job_needs_a_name_that_exists(
    own_stack: Settings, swipestream: Path, environ: dict[str, str]
) -> None:
    result = run(swipestream, environ, "submit", "nothing")
    assert result.returncode == 1
    assert "error: there is no job nothing" in result.stderr


def test_services_of_the_users_own_are_used_instead(own_stack: Settings, tmp_path: Path) -> None:
    settings = dataclasses.replace(
        own_stack,
        home=str(tmp_path / "second"),
        kafka_bootstrap=own_stack.kafka_address,
        database_url=own_stack.postgres_url,
        flink_rest=own_stack.flink_address,
        flink_rest_password=own_stack.embedded_flink_password,
    )
    try:
        control.up(settings)
        services = {service.name: service.state for service in control.status(settings)}
        assert {services[name] for name in ("kafka", "postgres", "flink")} == {"external"}
        assert "flink-jobmanager" not in services
    finally:
        control.purge(settings)
    assert pids(own_stack)["kafka"], "purging the second stack must not touch the first"


def test_a_second_stack_on_the_same_ports_is_refused(own_stack: Settings, tmp_path: Path) -> None:
    settings = dataclasses.replace(own_stack, home=str(tmp_path / "second"))
    try:
        with pytest.raises(PortTakenError, match=r"\(KAFKA_PORT\) is taken by java \(pid \d+\)"):
            control.up(settings)
    finally:
        control.purge(settings)


def test_a_killed_task_manager_comes_back(own_stack: Settings) -> None:
    before = pids(own_stack)["flink-taskmanager"]
    psutil.Process(before).kill()

    def is_back() -> bool:
        try:
            flink.check_task_manager(own_stack)
        except NotReadyError:
            return False
        return pids(own_stack)["flink-taskmanager"] not in (0, before)

    eventually(is_back, what="a new TaskManager registers its slots", seconds=60)


def test_a_job_is_submitted_once_and_survives_a_killed_job_manager(
    own_stack: Settings, swipestream: Path, environ: dict[str, str]
) -> None:
    first = run(swipestream, environ, "submit", "score_payments")
    assert first.returncode == 0, first.stderr
    job_id = first.stdout.strip()
    second = run(swipestream, environ, "submit", "score_payments")
    assert second.returncode == 1
    assert f"error: score_payments is running already as {job_id}" in second.stderr
    eventually(
        lambda: complete_checkpoints(own_stack, job_id),
        what="a checkpoint is made",
        seconds=60,
    )

    before = pids(own_stack)["flink-jobmanager"]
    psutil.Process(before).kill()
    eventually(
        lambda: pids(own_stack)["flink-jobmanager"] not in (0, before),
        what="it is restarted",
        seconds=60,
    )
    control.up(own_stack)

    def again() -> str:
        """The job under its new id, brought back by the job keeper."""
        job = wanted_jobs.read(own_stack, "score_payments")
        return job.job_id if job and job_id in job.lineage else ""

    eventually(
        lambda: again() != "", what="a job that the JobManager forgot comes back", seconds=60
    )
    eventually(
        lambda: complete_checkpoints(own_stack, again()),
        what="it makes checkpoints",
        seconds=60,
    )
    assert "FAIL" not in run(swipestream, environ, "doctor").stdout

    cancelled = run(swipestream, environ, "cancel", "score_payments")
    assert f"cancelled {again()}; its state: file:/" in cancelled.stderr
    assert jobs(own_stack) == []
    restored = run(swipestream, environ, "submit", "score_payments", "--restore", "newest")
    assert restored.returncode == 0, restored.stderr
    assert run(swipestream, environ, "cancel", "score_payments").returncode == 0


def test_nothing_lies_beside_the_state_folder(own_stack: Settings) -> None:
    assert [path.name for path in own_stack.state_dir.parent.iterdir()] == [HOME]


def test_a_killed_supervisor_leaves_nothing_that_the_next_up_cannot_handle(
    own_stack: Settings,
) -> None:
    pid = int((own_stack.state_dir / "run" / "supervisord.pid").read_text())
    psutil.Process(pid).kill()
    eventually(
        lambda: not Supervisor(own_stack).is_running(), what="the supervisor is gone", seconds=60
    )
    control.up(own_stack)
    assert all(pids(own_stack).values())


def test_a_power_cut_is_survived(own_stack: Settings) -> None:
    doomed = list(processes_of(instance_id(own_stack)))
    for process in doomed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(doomed, timeout=30)
    assert {service.state for service in control.status(own_stack)} == {"stopped"}
    control.up(own_stack)
    assert all(pids(own_stack).values())


def test_data_survives_down_and_up(own_stack: Settings) -> None:
    with psycopg.connect(own_stack.postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert control.down(own_stack)
    assert list(processes_of(instance_id(own_stack))) == []
    assert {service.state for service in control.status(own_stack)} == {"stopped"}
    control.up(own_stack)
    with psycopg.connect(own_stack.postgres_url, autocommit=True) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        connection.execute("DROP TABLE kept")
    assert jobs(own_stack) == []


def test_interrupting_up_leaves_nothing_running(swipestream: Path, tmp_path: Path) -> None:
    environ = environ_for(tmp_path / "interrupted")
    settings = Settings.load(environ)
    process = subprocess.Popen(
        [swipestream, "up"],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
        # A shell in the background, as CI may be, has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        eventually(
            lambda: Supervisor(settings).is_running(), what="the supervisor runs", seconds=60
        )
        eventually(lambda: pids(settings).get("kafka", 0) > 0, what="kafka is starting", seconds=60)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        assert list(processes_of(instance_id(settings))) == []
    finally:
        process.kill()
        control.purge(settings)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    settings = Settings.load(environ_for(blocked / "home"))
    with pytest.raises(SwipestreamError, match="cannot be written") as caught:
        control.up(settings)
    assert "SWIPESTREAM_HOME" in caught.value.hint


def test_a_folder_java_cannot_take_is_one_line(tmp_path: Path) -> None:
    settings = Settings.load(environ_for(tmp_path / "a:b"))
    with pytest.raises(SwipestreamError, match="contains ':'"):
        control.up(settings)


def test_purge_refuses_a_folder_that_is_not_the_stacks(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data")
    with pytest.raises(SwipestreamError, match="was never used by swipestream"):
        control.purge(Settings.load(environ_for(tmp_path)))
    assert (tmp_path / "precious").exists()
