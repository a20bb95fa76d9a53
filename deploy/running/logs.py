"""How log lines are written: one JSON object a line on standard error, or short for people.

Our own lines come from the catalogue (`schemas.log_lines`) and hold only what that allows. The
lines of libraries go through the same writer, which assumes the worst of them:

* The values of a line are never filled into its text, and an exception's text is never told, only
  its type: both may quote what a library was working on, and that may be a case.
* The text itself is told only if it is a constant in the code of the caller. A text that was put
  together on the spot already has its values in it.
* What Python would print by itself goes the same way: warnings, and exceptions that nobody caught.
"""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from deploy.running import lines
from schemas.log_lines import Value, fit, tell, told_in

LIBRARIES = {
    "aiokafka": "critical",
    "kafka": "critical",
    "faust": "error",
    "mode": "error",
    "processors": "error",
}
"""How quiet libraries are kept: while a broker is away the client repeats itself many times a
second. Where we extend a class of Faust, it logs under our module's name."""


def install(*, verbose: bool) -> None:
    """Has everything that this process logs written in the way described here.

    Args:
        verbose: Tell lines of level ``info`` too, and warnings of all libraries.
    """
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, _Writer)]:
        root.removeHandler(earlier)
    root.addHandler(_Writer())
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    # On a failure of its own, logging would print a line's values.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    for name, level in LIBRARIES.items():
        logging.getLogger(name).setLevel("WARNING" if verbose else level.upper())
    sys.excepthook = _uncaught
    threading.excepthook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)


class _Writer(logging.StreamHandler[TextIO]):
    """Writes to what is standard error at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(formatter(for_people=sys.stderr.isatty()))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def formatter(*, for_people: bool) -> logging.Formatter:
    """Writes log records: as JSON, or in short for people at a terminal."""
    renderer: Processor = _short if for_people else structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        processors=[_what_may_be_told, renderer], use_get_message=False, pass_foreign_args=True
    )


def _what_may_be_told(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Puts an object of allowed parts in the place of whatever a record holds."""
    record: logging.LogRecord = event["_record"]
    told = told_in(record)
    line = told.line if told else lines.LIBRARY
    return {
        "timestamp": _when(record),
        "level": _level(record.levelno),
        "event": line.event,
        "component": line.component,
        **(told.values if told else _of_library(record, event)),
    }


def _of_library(record: logging.LogRecord, event: EventDict) -> dict[str, Value]:
    """What may be told of a library's record."""
    values: dict[str, object] = {
        "logger": record.name,
        "file": f"{Path(record.pathname).name}:{record.lineno}",
    }
    if (raised := event.get("exc_info")) and isinstance(raised, tuple) and raised[0]:
        values["error"] = raised[0].__name__
    if event.get("positional_args") and is_constant(record.msg, sys._getframe()):
        values["template"] = record.msg
    return fit(lines.LIBRARY, values)


def is_constant(text: object, frame: FrameType | None) -> bool:
    """Whether a text stands as it is in the code of one of the callers.

    Example:
        >>> name = "Zaynab"
        >>> is_constant("a name", sys._getframe())
        True
        >>> is_constant(f"a name: {name}", sys._getframe())
        False
    """
    if type(text) is not str or not text.isascii():
        return False
    while frame is not None:
        if any(type(constant) is str and constant == text for constant in frame.f_code.co_consts):
            return True
        frame = frame.f_back
    return False


def _short(_: WrappedLogger, __: str, event: EventDict) -> str:
    """``12:00:01 warning intake batch_quarantined country=TUN``."""
    values = [f"{name}={value}" for name, value in list(event.items())[4:]]
    moment = event["timestamp"][11:19]
    return " ".join([moment, event["level"], event["component"], event["event"], *values])


def _when(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _level(number: int) -> str:
    """The level of the catalogue that a number comes to; libraries have numbers of their own."""
    names = {logging.CRITICAL: "critical", logging.ERROR: "error", logging.WARNING: "warning"}
    return next((name for least, name in names.items() if number >= least), "info")


def _uncaught(
    kind: type[BaseException], _: BaseException | None, trace: TracebackType | None
) -> None:
    """Tells of an exception that nobody caught: its type, and where it was raised."""
    if issubclass(kind, KeyboardInterrupt):
        return
    tell(lines.UNFORESEEN, error=kind.__name__, file=_raised_at(trace))


def _raised_at(trace: TracebackType | None) -> str:
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
