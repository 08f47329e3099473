"""A taken port is one line that says which, why it matters, and who has it."""

import os
import socket
from collections.abc import Iterator

import pytest

from swipestream.errors import PortTakenError
from swipestream.stack.ports import check_ports, free_ports, is_free, is_of_another_user


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_the_error_names_port_setting_and_process(taken_port: int) -> None:
    with pytest.raises(PortTakenError) as caught:
        check_ports({"KAFKA_PORT": taken_port})
    assert "\n" not in caught.value.fact
    assert f"port {taken_port} (KAFKA_PORT) is taken by" in caught.value.fact
    assert f"(pid {os.getpid()})" in caught.value.fact
    assert "KAFKA_PORT" in caught.value.hint


def test_one_port_for_two_settings_is_refused() -> None:
    (port,) = free_ports(1)
    with pytest.raises(PortTakenError, match="KAFKA_PORT and POSTGRES_PORT are both"):
        check_ports({"KAFKA_PORT": port, "POSTGRES_PORT": port})


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    assert all(is_free(port) for port in ports)
    check_ports({f"PORT_{port}": port for port in ports})


def test_another_users_server_is_told_from_ones_own(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_of_another_user(taken_port)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert is_of_another_user(taken_port)
    (port,) = free_ports(1)
    assert not is_of_another_user(port)
