"""A door with TLS in front of a Postgres that has none, and throw-away certificates for it."""

import asyncio
import base64
import contextlib
import hashlib
import ssl
import struct
import subprocess
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

from swipestream.settings import LOOPBACK
from swipestream.stack.java import java_home

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)
PASSWORD = "throw-away"
DIGEST_BYTES = 20


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """
    A key and a certificate for localhost that it signs itself.

    :return: the certificate and the key, PEM files.
    """
    store = folder / f"{name}.jks"
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    common = ["-keystore", str(store), "-storepass", PASSWORD, "-alias", name]
    keytool(
        *("-genkeypair", *common, "-storetype", "JKS", "-keyalg", "RSA", "-keypass", PASSWORD),
        *("-dname", f"CN={name}", "-ext", f"san=ip:{LOOPBACK},dns:localhost"),
    )
    certificate.write_text(keytool("-exportcert", "-rfc", *common))
    body = base64.encodebytes(private_key(store.read_bytes())).decode().replace("\n", "")
    lines = "\n".join(textwrap.wrap(body, 64))
    key.write_text(f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n")
    return certificate, key


def keytool(*arguments: str) -> str:
    """What the keytool of our Java printed; it exports no keys, hence `private_key`."""
    command = [str(java_home() / "bin" / "keytool"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def private_key(store: bytes) -> bytes:
    """The first key of a store in Java's oldest format, as PKCS 8."""
    # Magic, version, count, tag; then the alias, a date, and the key with its length.
    (alias_bytes,) = struct.unpack_from("!H", store, 16)
    begin = 16 + 2 + alias_bytes + 8
    (length,) = struct.unpack_from("!i", store, begin)
    wrapped = contents(contents(store[begin + 4 : begin + 4 + length])[0])[1]
    salt, secret = wrapped[:DIGEST_BYTES], wrapped[DIGEST_BYTES:-DIGEST_BYTES]
    password = PASSWORD.encode("utf-16-be")
    stream, digest = b"", salt
    while len(stream) < len(secret):
        digest = hashlib.sha1(password + digest).digest()
        stream += digest
    plain = bytes(a ^ b for a, b in zip(secret, stream, strict=False))
    assert hashlib.sha1(password + plain).digest() == wrapped[-DIGEST_BYTES:]
    return plain


def contents(der: bytes) -> list[bytes]:
    """The parts inside each DER element of a row of them."""
    parts = []
    while der:
        length, head = der[1], 2
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(der[2:head], "big")
        parts.append(der[head : head + length])
        der = der[head + length :]
    return parts


@contextlib.contextmanager
def tls_door(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """
    Accept TLS connections for a Postgres on loopback; others are closed.

    :param port: of that Postgres.
    :return: the port of the door.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readexactly(8)
            if request == GSS_REQUEST:
                writer.write(b"N")
                request = await reader.readexactly(8)
            if request == SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                inside = await asyncio.open_connection(LOOPBACK, port)
                await asyncio.gather(pump(reader, inside[1]), pump(inside[0], writer))
        writer.close()

    async def shut() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(enter, LOOPBACK, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(shut(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
