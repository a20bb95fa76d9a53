"""``southmed console``: pages on which people read what was published."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.consume import TrustOption
from deploy.console.errors import NoWayIn, TextsStale
from deploy.consume.trusting import LiveTrust
from deploy.exports.libraries import needed
from deploy.terminal import (
    BrokerOption,
    IdentityOption,
    JsonOption,
    broker_at,
    err,
    out,
    print_json,
    table,
)

app = typer.Typer(help="Pages for analysts, fed by the published topics.", no_args_is_help=True)
PORT = 8470
EXTRA = "console"
LIBRARIES = (
    "fastapi",
    "uvicorn",
    "sse_starlette",
    "jinja2",
    "babel",
    "altair",
    "vl_convert",
    "itsdangerous",
    "authlib",
    "httpx",
)


ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="console.yaml: how readers sign in.")
]


@app.command()
def serve(
    broker: BrokerOption,
    trust: TrustOption,
    identity: IdentityOption = None,
    port: Annotated[int, typer.Option("--port", help="On loopback; 0 for any free one.")] = PORT,
    config: ConfigOption = None,
    unsafe_open: Annotated[
        bool,
        typer.Option(
            "--unsafe-open", help="Let everybody on this machine read everything. For demos."
        ),
    ] = False,
) -> None:
    """Serves the console on loopback until stopped, fed live from published topics."""
    _need_libraries()
    from deploy.console.serving import serve as serve_console  # noqa: PLC0415 - it needs an extra
    from deploy.console.starting import guarded, unguarded  # noqa: PLC0415

    if unsafe_open == (config is not None):
        raise NoWayIn(expected="--config or --unsafe-open")
    trusted = LiveTrust(trust)
    trusted()
    reached = broker_at(broker, identity)
    if config is None:
        err.print("[bold red]--unsafe-open[/] everybody on this machine reads everything")
        serve_console(unguarded(reached, trusted), reached, port, out.print)
    else:
        console, settings = guarded(reached, trusted, config)
        serve_console(console, reached, port, out.print, settings)


@app.command()
def audit(
    config: Annotated[Path, typer.Option("--config", help="console.yaml of the console.")],
    most: Annotated[int, typer.Option("--most", min=1, help="How many of the newest.")] = 100,
    json: JsonOption = False,
) -> None:
    """Shows who did what in the console, once the whole log was held against itself."""
    _need_libraries()
    from deploy.console.security.audit import read_only  # noqa: PLC0415 - it needs an extra
    from deploy.console.security.desk import AUDIT_FILE  # noqa: PLC0415
    from deploy.console.security.settings import read_settings  # noqa: PLC0415

    log = read_only(read_settings(config).state / AUDIT_FILE)
    entries, found = log.check(), log.read(most)
    if json:
        print_json({"entries": entries, "newest": [asdict(entry) for entry in found]})
        return
    rows = [(e.number, e.at, e.who, e.action, e.what) for e in found]
    out.print(table("Audit log, newest first", ["no.#", "at", "who", "did", "what"], rows))
    out.print(f"{entries} entries, each as it was written")


@app.command()
def texts(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether catalogues are whole and current.")
    ] = False,
) -> None:
    """Brings the texts of templates and modules into the catalogues of translations."""
    _need_libraries()
    from deploy.console.catalogues import (  # noqa: PLC0415 - it needs an extra
        all_problems,
        update_all,
    )

    if not check:
        for path in update_all():
            out.print(f"wrote {path}")
    found = all_problems()
    for problem in found:
        err.print(problem, markup=False)
    if found:
        raise TextsStale(got=f"{len(found)} problems")
    out.print("the catalogues are whole and current")


def missing_library() -> str:
    """The first library of the console that is not installed; nothing if all are."""
    return next((name for name in LIBRARIES if find_spec(name) is None), "")


def _need_libraries() -> None:
    for name in LIBRARIES:
        needed(name, EXTRA)
