"""``southmed console`` without its extra, and without a way to sign in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.console.errors import NoWayIn
from deploy.exports.errors import LibraryMissing
from tests.published import trusting

WITHOUT = """
import sys
for name in ("fastapi", "starlette", "uvicorn", "sse_starlette", "jinja2", "babel", "altair",
             "vl_convert"):
    sys.modules[name] = None
"""


def without_extra(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=False
    )


def test_without_the_extra_its_document_cannot_be_made_and_says_what_is_missing() -> None:
    done = without_extra("from deploy.documents.console_api import render; render()")
    assert "LIBRARY_MISSING" in done.stderr
    assert "southmed[console]" in done.stderr


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(trusting().dump())
    return path


def serve(trust: Path, *more: str) -> BaseException | None:
    command = ["console", "serve", "--broker", "127.0.0.1:1", "--trust", str(trust), *more]
    return CliRunner().invoke(app, command).exception


def test_without_a_way_to_sign_in_nothing_is_served(trust: Path) -> None:
    assert isinstance(serve(trust), NoWayIn)


def test_without_the_extra_the_command_says_what_to_install(
    trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sse_starlette", None)
    error = serve(trust, "--unsafe-open")
    assert isinstance(error, LibraryMissing)
    assert "southmed[console]" in str(error)


def test_without_the_extra_all_other_commands_are_there_and_every_error_is_known() -> None:
    done = without_extra(
        "from deploy.documents.error_table import load_all_errors\n"
        "from schemas.errors import tree\n"
        "load_all_errors()\n"
        "assert 'CONSOLE_NO_WAY_IN' in {error.code for error in tree()}\n"
        "sys.argv = ['southmed', '--help']\n"
        "from deploy.cli import app\n"
        "app()\n"
    )
    assert done.returncode == 0, done.stderr
    assert "console" in done.stdout
