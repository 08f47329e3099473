"""What fails is logged by its type: the text of an error may hold what was sent."""

import os
import subprocess

from swipestream.decisions import program
from swipestream.settings import REPO_ROOT
from swipestream.stack.ports import free_ports

# Run with the libraries of the API.
SERVER = """
import http.client, logging, sys, threading, time
import uvicorn
from fastapi import FastAPI
from serving.decisions.__main__ import WithoutTracebacks
from serving.decisions.app import add_errors

app = FastAPI()
add_errors(app)

@app.get("/fails")
async def fails() -> None:
    raise ValueError("m-4111111111111111")

logging.basicConfig(level=logging.INFO)
if sys.argv[2] == "filtered":
    logging.getLogger("uvicorn.error").addFilter(WithoutTracebacks())
port = int(sys.argv[1])
server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
thread = threading.Thread(target=server.run)
thread.start()
while not server.started:
    time.sleep(0.01)
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
connection.request("GET", "/fails")
print(connection.getresponse().status)
connection.close()
server.should_exit = True
thread.join()
"""


def serve(how: str) -> subprocess.CompletedProcess[str]:
    (port,) = free_ports(1)
    return subprocess.run(
        [str(program.python()), "-c", SERVER, str(port), how],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=REPO_ROOT,
        env=os.environ | {"PYTHONPATH": str(REPO_ROOT)},
    )


def test_a_request_that_fails_leaves_its_type_in_the_log() -> None:
    result = serve("filtered")
    assert result.stdout == "500\n"
    assert "Exception in ASGI application reason=ValueError" in result.stderr
    assert "4111" not in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_filter_its_text_would_be_there() -> None:
    assert "4111" in serve("as it is").stderr
