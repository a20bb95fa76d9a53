"""``southmed broker``: brokers on this machine, embedded or Apache Kafka."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.brokers.embedded import EmbeddedBroker
from deploy.brokers.kafka.bring_up import bring_up, reload_identities
from deploy.brokers.kafka.cluster import FIRST_PORT, KafkaCluster
from deploy.brokers.kafka.java import kafka_version
from deploy.home import Site
from deploy.pki.store import Office
from deploy.processes import resident
from deploy.terminal import Exit, JsonOption, err, out, print_json, table

app = typer.Typer(help="Brokers on this machine.", no_args_is_help=True)

SiteOption = Annotated[
    Path,
    typer.Option("--site", envvar="SOUTHMED_SITE", help="Folder of the site; identities go there."),
]
FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", help="Folder of the brokers' data; SITE/kafka if not given."),
]
DEFAULT_SITE = Path("site")
_MEBIBYTE = 1 << 20


@app.command()
def embedded() -> None:
    """Runs the embedded broker on loopback until stopped. It forgets everything at its end."""
    with EmbeddedBroker() as broker:
        out.print(broker.servers)
        err.print("embedded broker; stop with Ctrl-C")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


@app.command()
def start(
    nodes: Annotated[int, typer.Option("--nodes", min=1, max=3, help="1 or 3.")] = 1,
    site: SiteOption = DEFAULT_SITE,
    folder: FolderOption = None,
    port: Annotated[int, typer.Option("--port", help="First port; others follow.")] = FIRST_PORT,
    json: JsonOption = False,
) -> None:
    """Starts Apache Kafka on loopback: TLS, default deny, topics and rights of the contract.

    Makes a development authority and an identity for every principal where there are none. Brokers
    go on after this command ends; stop them with `southmed broker stop`.
    """
    place = Site(site)
    with err.status("starting") as status:
        cluster = bring_up(
            folder or place.kafka,
            Office(place.pki),
            nodes=nodes,
            now=datetime.now(UTC),
            port=port,
            on_step=status.update,
        )
    if json:
        print_json(
            {
                "servers": cluster.plan.servers,
                "identities": str(place.pki),
                "kafka": kafka_version(),
            }
        )
        return
    out.print(f"Apache Kafka {kafka_version()}: {cluster.plan.servers}", soft_wrap=True)
    out.print(f"identities: {place.pki}; show one with --identity {place.pki}/PRINCIPAL")


@app.command()
def status(
    site: SiteOption = DEFAULT_SITE, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Tells which nodes run and which the cluster counts as alive; exit 1 unless all do."""
    cluster = _opened(site, folder)
    alive = cluster.live_nodes()
    nodes = [
        {
            "node": node.node.principal,
            "port": node.node.clients,
            "pid": node.pid,
            # The cluster goes on counting a node that died until its session ends.
            "alive": node.pid is not None and number in alive,
            "memory_mib": resident(node.pid or 0) // _MEBIBYTE,
        }
        for number, node in cluster.nodes.items()
    ]
    if json:
        print_json({"servers": cluster.plan.servers, "nodes": nodes})
    else:
        rows = [
            (
                n["node"],
                n["port"],
                n["pid"] or "-",
                "alive" if n["alive"] else "away",
                n["memory_mib"],
            )
            for n in nodes
        ]
        out.print(table("Brokers", ["node", "port#", "process#", "", "MiB#"], rows))
    if not all(node["alive"] for node in nodes):
        raise typer.Exit(Exit.FAILED)


@app.command()
def stop(site: SiteOption = DEFAULT_SITE, folder: FolderOption = None) -> None:
    """Stops every node; data stay."""
    _opened(site, folder).stop()
    out.print("stopped")


@app.command()
def logs(
    site: SiteOption = DEFAULT_SITE,
    folder: FolderOption = None,
    lines: Annotated[int, typer.Option("--lines", min=1, help="So many of each node.")] = 40,
) -> None:
    """Shows the end of each node's log: what failed, and who was denied what."""
    for node in _opened(site, folder).nodes.values():
        out.print(f"[bold]{node.node.principal}[/] {node.log}")
        if node.log.exists():
            text = node.log.read_text(encoding="utf-8", errors="replace").splitlines()
            out.print("\n".join(text[-lines:]), markup=False, soft_wrap=True)


@app.command(name="reload")
def reload_command(site: SiteOption = DEFAULT_SITE, folder: FolderOption = None) -> None:
    """Has every broker read its identity and whom it believes again, without a restart.

    Done only when every listener shows the new certificate. Where one does not, the brokers are to
    be restarted one by one (exit 1).
    """
    reload_identities(_opened(site, folder))
    out.print("every listener shows its broker's renewed certificate to new connections")


def _opened(site: Path, folder: Path | None) -> KafkaCluster:
    return KafkaCluster.open(folder or Site(site).kafka)
