"""The embedded broker: librdkafka's in-process cluster, speaking the real protocol on loopback.

For the demo and the quick tests: it comes with the confluent-kafka wheel and needs no JVM. It has
no TLS, no access control, keeps a few megabytes a partition, and forgets everything at its end.

The cluster lives in a process of its own, so that killing a worker does not kill it. That process
reads commands from its standard input, one a line: ``down`` (all brokers refuse connections) and
``up``. It ends when its input is closed, so it never outlives the one who started it.

Example:
    >>> with EmbeddedBroker() as broker:                       # doctest: +SKIP
    ...     print(broker.servers)
    127.0.0.1:33333
"""

from __future__ import annotations

import ctypes
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from schemas.errors import PlatformError
from schemas.topics import all_topics

BROKERS = 1
_PRODUCER = 0
KNOCK_SECONDS = 0.01


class EmbeddedBrokerMissing(PlatformError):
    """The confluent-kafka wheel is not installed."""

    code = "EMBEDDED_BROKER_MISSING"
    summary = "the embedded broker is not installed"
    advice = "Install it with: pip install 'southmed[demo]'"


class Cluster:
    """An in-process cluster; it lives as long as this object's process.

    Args:
        topics: Number of partitions of every topic to create.
    """

    def __init__(self, topics: Mapping[str, int]) -> None:
        self._library = _load_library()
        error = ctypes.create_string_buffer(512)
        configuration = self._library.rd_kafka_conf_new()
        # The client itself connects nowhere; its warning about that would only confuse.
        self._library.rd_kafka_conf_set(configuration, b"log_level", b"3", error, len(error))
        self._client = self._library.rd_kafka_new(_PRODUCER, configuration, error, len(error))
        if not self._client:
            raise EmbeddedBrokerMissing(got="librdkafka gave no client")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, BROKERS)
        # A first member does not wait for others: a demo starts its workers one by one.
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        create = self._library.rd_kafka_mock_topic_create
        with self._awake():
            for topic, partitions in topics.items():
                create(self._cluster, topic.encode(), partitions, BROKERS)

    @property
    def servers(self) -> str:
        servers: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return servers.decode()

    def set_reachable(self, reachable: bool) -> None:
        """Lets every broker accept connections, or none."""
        name = "rd_kafka_mock_broker_set_up" if reachable else "rd_kafka_mock_broker_set_down"
        with self._awake():
            for broker in range(1, BROKERS + 1):
                getattr(self._library, name)(self._cluster, broker)

    @contextmanager
    def _awake(self) -> Iterator[None]:
        """Knocks at the cluster's door for as long as it is told something.

        Its thread is woken by what happens on its sockets, and now and then misses that it was
        told something: then it looks only a second later. A start took up to four seconds so.
        """
        host, _, port = self.servers.partition(",")[0].rpartition(":")
        told = threading.Event()

        def knock() -> None:
            while not told.wait(KNOCK_SECONDS):
                with suppress(OSError):
                    socket.create_connection((host, int(port)), timeout=1.0).close()

        knocking = threading.Thread(target=knock, daemon=True)
        knocking.start()
        try:
            yield
        finally:
            told.set()
            knocking.join()


def _load_library() -> ctypes.CDLL:
    try:
        import confluent_kafka  # noqa: PLC0415 - optional dependency
    except ImportError:
        raise EmbeddedBrokerMissing() from None
    package = Path(confluent_kafka.__file__).parent
    bundled = [*package.parent.glob("confluent_kafka.libs/librdkafka*"), *package.glob(".dylibs/*")]
    library = ctypes.CDLL(str(next(p for p in bundled if "librdkafka" in p.name)))
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures = {
        "rd_kafka_conf_new": (handle, []),
        "rd_kafka_conf_set": (number, [handle, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (handle, [number, handle, text, ctypes.c_size_t]),
        "rd_kafka_mock_cluster_new": (handle, [handle, number]),
        "rd_kafka_mock_cluster_bootstraps": (text, [handle]),
        "rd_kafka_mock_topic_create": (number, [handle, text, number, number]),
        "rd_kafka_mock_broker_set_down": (number, [handle, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (number, [handle, ctypes.c_int32]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [handle, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class EmbeddedBroker:
    """The embedded broker in a process of its own; a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.servers = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "deploy.brokers.embedded"]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.servers = self._answer()
        if not self.servers:
            raise EmbeddedBrokerMissing(got="the broker's process ended at once")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=10)

    def down(self) -> None:
        """Cuts everyone off."""
        self._command("down")

    def up(self) -> None:
        """Lets everyone in again."""
        self._command("up")

    def _command(self, command: str) -> None:
        if self._process is None or self._process.stdin is None:
            raise EmbeddedBrokerMissing(expected="a broker that was started")
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        return self._process.stdout.readline().strip()


def main() -> None:
    """Runs the cluster until standard input is closed."""
    cluster = Cluster({name: topic.partitions for name, topic in all_topics().items()})
    sys.stdout.write(cluster.servers + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        cluster.set_reachable(line.strip() == "up")
        sys.stdout.write("ok\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
