"""Other people's log lines: their type, their place, and nothing of what they worked on."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from deploy.running.logs import formatter

PLANT = "Zaynab Fictive +216-00-000-012"
LOGGER = logging.getLogger("a.library")


def raised() -> None:
    try:
        int(PLANT)
    except ValueError:
        LOGGER.exception("fetching %s failed", PLANT)


# How libraries log, and what may be told of the text.
HABITS: dict[str, tuple[Callable[[], None], str | None]] = {
    "values beside a template": (lambda: LOGGER.error("got %r", PLANT), "got %r"),
    "a text put together": (lambda: LOGGER.error(f"got {PLANT}"), None),
    "a text put together, and values": (lambda: LOGGER.error(f"{PLANT}: %s", 1), None),
    "a concatenated template": (lambda: LOGGER.error(PLANT + ": %s", 1), None),
    "an exception as the text": (lambda: LOGGER.error(ValueError(PLANT)), None),
    "an exception beside the text": (raised, "fetching %s failed"),
    "a template that does not fit its values": (lambda: LOGGER.error("%d", PLANT), "%d"),
    "values by name": (lambda: LOGGER.error("got %(x)s", {"x": PLANT}), "got %(x)s"),
    "values in extra": (lambda: LOGGER.error("got", extra={"note": PLANT}), None),
    "a stack": (lambda: LOGGER.error("got %s", PLANT, stack_info=True), "got %s"),
    "bytes as the text": (lambda: LOGGER.error(PLANT.encode()), None),
}


class Writing(logging.Handler):
    """Keeps what is written, one text a record."""

    def __init__(self, *, for_people: bool) -> None:
        super().__init__()
        self.setFormatter(formatter(for_people=for_people))
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


def written(log: Callable[[], None], *, for_people: bool) -> str:
    writing = Writing(for_people=for_people)
    LOGGER.addHandler(writing)
    LOGGER.propagate = False
    try:
        log()
    finally:
        LOGGER.removeHandler(writing)
        LOGGER.propagate = True
    (text,) = writing.texts
    return text


@pytest.mark.parametrize(("log", "template"), HABITS.values(), ids=HABITS.keys())
def test_a_library_tells_its_place_and_no_value(
    log: Callable[[], None], template: str | None
) -> None:
    text = written(log, for_people=False)
    for shown in (text, written(log, for_people=True)):
        assert [part for part in PLANT.split() if part in shown] == []
        assert "\n" not in shown
    document: dict[str, Any] = json.loads(text)
    assert document["event"] == "library"
    assert document["logger"] == "a.library"
    assert document["file"].startswith("test_logs.py:")
    assert document.get("template") == template
    assert document.get("error") == ("ValueError" if log is raised else None)


def in_child(code: str) -> list[dict[str, Any]]:
    """The JSON lines on standard error of a process that is set up as ours are."""
    start = "from deploy.terminal import set_up_logging\nset_up_logging(verbose=True)\n"
    ran = subprocess.run(
        [sys.executable, "-c", start + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout == ""
    assert "Zaynab" not in ran.stderr
    return [json.loads(line) for line in ran.stderr.splitlines()]


# What Python, or a library, would write to standard error by itself.
BY_ITSELF = {
    "an uncaught exception": ("raise ValueError('Zaynab')", "ValueError"),
    "one in a thread": (
        """
        import threading
        def fail(): raise KeyError('Zaynab')
        thread = threading.Thread(target=fail, name='Zaynab'); thread.start(); thread.join()
        """,
        "KeyError",
    ),
    "one that cannot be raised": (
        """
        class Dying:
            def __del__(self): raise OSError('Zaynab')
        Dying()
        """,
        "OSError",
    ),
}


@pytest.mark.parametrize(("code", "error"), BY_ITSELF.values(), ids=BY_ITSELF.keys())
def test_what_nobody_caught_is_told_by_type_and_place(code: str, error: str) -> None:
    (line,) = in_child(code)
    assert (line["event"], line["level"], line["error"]) == ("unforeseen", "critical", error)
    assert line["file"].startswith("?") or line["file"].partition(":")[2].isdigit()


def test_a_warning_tells_no_text() -> None:
    (line,) = in_child("import warnings; warnings.warn('Zaynab', stacklevel=1)")
    assert (line["event"], line["logger"], line["level"]) == ("library", "py.warnings", "warning")


def test_a_task_that_failed_unseen_tells_no_text() -> None:
    code = """
    import asyncio
    async def fail(): raise ValueError('Zaynab')
    async def main():
        asyncio.create_task(fail()); await asyncio.sleep(0)
    asyncio.run(main())
    """
    (line,) = in_child(code)
    assert (line["logger"], line["error"]) == ("asyncio", "ValueError")


def test_a_failure_of_logging_itself_tells_no_text() -> None:
    code = """
    import logging
    class Mute:
        def __str__(self): raise ValueError('Zaynab')
    logging.getLogger('x').error(Mute())
    logging.getLogger('x').error('%s fine', 'Zaynab')
    """
    assert [line["template"] for line in in_child(code)] == ["%s fine"]


def test_libraries_are_kept_quiet_unless_asked() -> None:
    code = """
    set_up_logging(verbose={verbose})
    import logging
    for name in ('aiokafka.conn', 'kafka.x', 'faust.app', 'mode.x', 'other'):
        logging.getLogger(name).warning('%s', 'Zaynab')
    """
    told = [line["logger"] for line in in_child(code.format(verbose=True))]
    assert told == ["aiokafka.conn", "kafka.x", "faust.app", "mode.x", "other"]
    assert [line["logger"] for line in in_child(code.format(verbose=False))] == ["other"]
