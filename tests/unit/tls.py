"""Servers and clients that shake hands over TLS, as brokers and their clients do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509


def broker_context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "identity.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class Server:
    """Shakes hands, says one byte, and remembers the serial number of each certificate shown."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.seen: list[int] = []
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(raw, server_side=True) as connection:
                    shown = connection.getpeercert(binary_form=True)
                    assert shown is not None
                    self.seen.append(x509.load_der_x509_certificate(shown).serial_number)
                    connection.sendall(b"!")
            except OSError:
                raw.close()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=10)


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[Server]:
    server = Server(context)
    try:
        yield server
    finally:
        server.close()


def by_socket(context: ssl.SSLContext, port: int, host: str = "localhost") -> str:
    """As kafka-python connects; the version of TLS. Fails unless the server has let us in."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=host) as connection,
    ):
        if connection.recv(1) != b"!":
            raise ConnectionResetError
        return str(connection.version())


def by_asyncio(context: ssl.SSLContext, port: int, host: str = "localhost") -> str:
    """As aiokafka connects."""

    async def connect() -> str:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=host
        )
        try:
            await reader.readexactly(1)
            return str(writer.get_extra_info("ssl_object").version())
        finally:
            writer.close()

    return asyncio.run(asyncio.wait_for(connect(), timeout=10))


WAYS: list[Callable[..., str]] = [by_socket, by_asyncio]
each_way = pytest.mark.parametrize("connect", WAYS)
REFUSALS = (OSError, asyncio.IncompleteReadError)
