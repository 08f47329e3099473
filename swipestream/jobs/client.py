"""Flink's own client: plans a job from its files and submits it."""

import os
import re
import subprocess
import zipfile
from pathlib import Path

from flink_jobs.plan_fit import MISFIT
from swipestream.errors import JobError
from swipestream.jobs.environment import job_environment
from swipestream.settings import REPO_ROOT, FlinkSettings, HomeSettings, JobSettings
from swipestream.stack import flink
from swipestream.stack.files import make_folder, write_if_changed
from swipestream.stack.functions_jar import ensure_flink_jars, flink_jars
from swipestream.stack.java import argument_text, java_command
from swipestream.stack.runtime_dir import without_spaces

CLIENT_HEAP_MB = 512
SUBMIT_TIMEOUT_SECONDS = 180
# Python the workers need that is not installed on a cluster of the user's own.
SHIPPED_PACKAGES = ("udfs",)


class ClientTimeoutError(JobError):
    """Flink's client did not end in time."""


class StateMisfitError(JobError):
    """The state of an earlier version does not mean the same to the present files."""


def prepare_client(settings: FlinkSettings) -> None:
    """Make what Flink's client needs on this machine: jars, folders, configuration."""
    ensure_flink_jars(settings)
    flink.prepare(settings)
    for path, text in flink.configuration_files(settings).items():
        write_if_changed(path, text)


def check_functions(settings: FlinkSettings) -> None:
    """:raises JobError: functions/ is not what the embedded cluster was started with."""
    if not flink.embedded(settings) or flink.has_functions(settings):
        return
    raise JobError(
        "functions/ has changed since the cluster was started", "run `swipestream up`, then again"
    )


def client_command(settings: HomeSettings, heap_mb: int, *options: str) -> list[str]:
    """
    How to run Flink's own client, the same class that `flink run` runs.

    :param options: of `flink run`.
    """
    file = flink.folder(settings) / f"client-{heap_mb}.args"
    arguments = [
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        flink.QUICK_CODE,
        *flink.jvm_options(settings, "client"),
        flink.CLIENT,
    ]
    write_if_changed(file, argument_text(arguments))
    return [*java_command(file), "run", *options]


def client_environment(settings: JobSettings, *, bounded: bool = False) -> dict[str, str]:
    """The environment of that client and of the job's script in it."""
    environment = {
        name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "USER") if name in os.environ
    }
    if login := flink.authorization(settings):
        # Flink's client adds these to each request.
        environment["FLINK_REST_CLIENT_HEADERS"] = f"Authorization:{login}"
    return environment | flink.environment(settings) | job_environment(settings, bounded=bounded)


def run_client(
    settings: JobSettings,
    script: Path,
    environment: dict[str, str],
    *,
    bounded: bool,
    restore_from: str,
    via: str = "",
) -> str:
    """
    Submit a job with Flink's client.

    :param environment: for the job's script, besides the parameters of every job.
    :param via: host:port to which it talks instead of the cluster's own.
    :return: the job's id.
    :raises JobError: it failed; its whole output is in the log that the hint names.
    """
    command = client_command(
        settings,
        CLIENT_HEAP_MB,
        "--detached",
        "--jobmanager",
        via or settings.flink_address,
        "--python",
        str(without_spaces(settings, script.parent) / script.name),
        *remote_options(settings),
    )
    if restore_from:
        command += ["--fromSavepoint", restore_from]
    log = settings.state_dir / "logs" / "flink-client.log"
    make_folder(log.parent)
    with log.open("w") as output:
        try:
            code: int | None = subprocess.run(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=client_environment(settings, bounded=bounded) | environment,
                cwd=flink.folder(settings),
                timeout=SUBMIT_TIMEOUT_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    text = log.read_text(errors="replace")
    found = re.search(r"submitted with JobID ([0-9a-f]{32})", text)
    if found:
        return found[1]
    if code is None:
        raise ClientTimeoutError(
            f"{script.stem} was not submitted: Flink's client did not end in "
            f"{SUBMIT_TIMEOUT_SECONDS} s",
            f"read {log}, and try again",
        )
    fact, hint = condensed(text)
    refused = StateMisfitError if fact.startswith(MISFIT) else JobError
    raise refused(
        f"{script.stem} was not submitted: {fact}", "; ".join(filter(None, [hint, f"read {log}"]))
    )


def remote_options(settings: FlinkSettings) -> list[str]:
    """What a cluster that is not ours must be sent along: connectors and Python files."""
    if flink.embedded(settings):
        return []
    jars = ";".join(path.as_uri() for path in flink_jars(settings))
    return [
        "--pyFiles",
        str(shipped_files(settings)),
        "--pyExecutable",
        settings.flink_remote_python,
        f"-Dpipeline.jars={jars}",
    ]


def shipped_files(settings: HomeSettings) -> Path:
    """A zip of the packages the workers import, made again for each submission."""
    target = without_spaces(settings, flink.folder(settings)) / "python-files.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for package in SHIPPED_PACKAGES:
            for path in sorted((REPO_ROOT / package).rglob("*.py")):
                archive.write(path, path.relative_to(REPO_ROOT))
    return target


def condensed(output: str) -> tuple[str, str]:
    """
    The one line of a client's output that says what is wrong.

    :return: the fact, and a hint if the output has one.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith("error: "):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            hint = following.removeprefix("hint: ") if following.startswith("hint: ") else ""
            return line.removeprefix("error: "), hint
    causes = [
        line for line in lines if re.match(r"(Caused by: |: )?[\w.$]+(Exception|Error)", line)
    ]
    if causes:
        return causes[-1].removeprefix("Caused by: ").lstrip(": "), ""
    return (lines[-1] if lines else "the client said nothing"), ""
