"""The tests' fake worker would notice if it were given work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

from swipestream.settings import LOOPBACK
from tests.pipeline.strangers import work


class Control(beam_fn_api_pb2_grpc.BeamFnControlServicer):
    """Gives any caller a batch of payments to score."""

    def Control(  # noqa: N802
        self, answers: object, context: grpc.ServicerContext
    ) -> Iterator[beam_fn_api_pb2.InstructionRequest]:
        yield beam_fn_api_pb2.InstructionRequest(
            instruction_id="1", process_bundle=beam_fn_api_pb2.ProcessBundleRequest()
        )


@pytest.fixture
def port() -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(1))
    add_servicer: Any = beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server
    add_servicer(Control(), server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    yield port
    server.stop(None)


def test_work_is_noticed(port: int) -> None:
    with grpc.insecure_channel(f"{LOOPBACK}:{port}") as channel:
        assert list(work(channel, "1-1")) == ["1-1: process_bundle"]
