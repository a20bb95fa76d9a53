"""What is told of networks and surges, as programs read it: pure functions of boards."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.console.alerts.boards import NAME_OF, Board
from deploy.console.api.models import AlertLine, AlertWhole, BoardLine
from deploy.console.api.parameters import AlertsAsked, SurgesAsked
from deploy.console.views.alert_words import detector
from schemas.alerts import Alert, AnalystAlert, ContactAlert, Surge


def alerts(boards: Sequence[Board], asked: AlertsAsked) -> list[AlertLine]:
    """The alerts of some boards that fit, closed ones among them, what was raised last first."""
    lines = [alert_line(board, one) for board in boards for one in board.alerts.values()]
    fitting = [
        line
        for line in lines
        if asked.state in (None, line.state) and asked.detector in (None, line.detector)
    ]
    return sorted(fitting, key=lambda line: (line.raised_on, line.id, line.board), reverse=True)


def alert_line(board: Board, alert: Alert) -> AlertLine:
    """An alert in a list."""
    return AlertLine(
        board=NAME_OF[board.channel],
        id=alert.id,
        revision=alert.revision,
        state=alert.state,
        detector=detector(alert) or None,
        raised_on=alert.raised.on,
        answered=alert.id in board.sent,
    )


def board_line(board: Board) -> BoardLine:
    """A board that may be seen."""
    return BoardLine(board=NAME_OF[board.channel], access=board.access)


def alert_whole(board: Board, alert: ContactAlert | AnalystAlert, snapshot: str) -> AlertWhole:
    """An alert as it was told; not its basis, which is for the platform alone."""
    return AlertWhole(
        **dict(alert_line(board, alert)),
        snapshot=snapshot,
        into=alert.into,
        expires=alert.expires,
        history=alert.history,
        evidence=alert.about,
    )


def surges(board: Board, asked: SurgesAsked) -> list[Surge]:
    """The surges that fit, closed ones among them, what was raised last first."""
    found = [
        one
        for one in board.alerts.values()
        if isinstance(one, Surge)
        and asked.state in (None, one.state)
        and asked.detector in (None, detector(one))
    ]
    return sorted(found, key=lambda one: (one.raised.on, one.id), reverse=True)
