"""One node of a cluster as a process of this machine: started, looked at, ended by its id.

A node outlives the command that started it. Its folder tells which process it is; a process id
that was given to something else in the meantime is not taken for it, because the command line must
name the node's own settings file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from deploy.brokers.errors import BrokerNotUp
from deploy.brokers.kafka.plan import Node, Plan, command, settings
from deploy.brokers.rules import properties
from deploy.processes import command_line

STOP_SECONDS = 10.0
"""A node that hands over its partitions gets so long before it is killed."""


class NodeProcess:
    """A node and its process.

    Args:
        plan: The cluster.
        node: Which of its nodes.
    """

    def __init__(self, plan: Plan, node: Node) -> None:
        self.plan = plan
        self.node = node
        self.home = plan.home(node)
        self.log = self.home / "kafka.log"
        self._settings = self.home / "server.properties"
        self._pid_file = self.home / "pid"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, java: str, path: str, logging: Path) -> None:
        """Formats the node's folder at the first time, and starts it.

        Raises:
            BrokerNotUp: The folder could not be formatted.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        told = properties(settings(self.plan, self.node))
        self._settings.write_text(told, encoding="utf-8")
        if not (self.home / "data" / "meta.properties").exists():
            self._format(java, path, logging)
        run = command(java, path, logging, "kafka.Kafka", str(self._settings))
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - found on the path
                run,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{self._child.pid}\n", encoding="utf-8")

    def _format(self, java: str, path: str, logging: Path) -> None:
        arguments = ("format", "-t", self.plan.cluster_id, "-c", str(self._settings))
        run = command(java, path, logging, "kafka.tools.StorageTool", *arguments)
        with self.log.open("ab") as log:
            done = subprocess.run(run, stdout=log, stderr=log, check=False)  # noqa: S603
        if done.returncode != 0:
            raise BrokerNotUp(
                expected=f"a formatted folder for {self.node.principal}",
                got=f"exit status {done.returncode}",
            )

    @property
    def pid(self) -> int | None:
        """The id of the node's process, or None if it does not run."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text(encoding="utf-8"))
            if str(self._settings) in command_line(pid):
                return pid
        return None

    def send(self, number: signal.Signals) -> None:
        """Sends the process a signal, if it runs."""
        if (pid := self.pid) is not None:
            os.kill(pid, number)

    def ask_to_end(self) -> None:
        """Asks the node to end; one that was halted too."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)

    def stop(self) -> None:
        """Asks the node to end, and ends it if it does not."""
        self.ask_to_end()
        if not self.wait_for_end(STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """Ends the node at once, as a machine that fails would."""
        self.send(signal.SIGKILL)
        self.wait_for_end(STOP_SECONDS)

    def wait_for_end(self, seconds: float) -> bool:
        """Whether the process ended within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True
