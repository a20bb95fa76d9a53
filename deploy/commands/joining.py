"""What an authority does before it runs its adapter: ``lint``, ``check`` and ``preview``."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.markup import escape

from country_adapters.kit.lint import lint as faults_of
from country_adapters.kit.register import folder_of
from deploy.commands.registers import RegisterArgument, named
from deploy.terminal import Exit, JsonOption, out, print_json


def lint(register: RegisterArgument, json: JsonOption = False) -> None:
    """Tells every fault of a declaration, with file, line and key; looks at no data."""
    faults = faults_of(folder_of(named(register)))
    if json:
        print_json({"register": register, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            place = ":".join(str(part) for part in (fault.file, fault.line, fault.key) if part)
            out.print(f"[bold]{escape(place)}[/] expected {escape(fault.expected)}", soft_wrap=True)
        out.print(f"{len(faults)} faults" if faults else "no fault found")
    if faults:
        raise typer.Exit(Exit.FAILED)
