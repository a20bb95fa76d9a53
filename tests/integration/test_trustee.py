"""Tokens over the topics: two countries and a trustee, killed, asked twice, asked too much.

The oracle is the key itself: whatever happens on the way, an authority comes to the token that the
whole key makes of its number, or to a refusal that says why.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest

from country_adapters import AUTHORITIES
from deploy.brokers.embedded import EmbeddedBroker
from deploy.home import init_site
from deploy.reach import Reach
from deploy.trustee import Place, refresh, split
from processors.linkage.book import Book
from processors.linkage.judge import State
from processors.linkage.quota import BURST
from schemas.linkage import MAX_ELEMENTS, TOKEN_LENGTH, identifier_input, sign_request
from schemas.linkage_errors import WrongLinkageKey
from schemas.linkage_keys import LinkageKey, dump_linkage_key
from schemas.oprf import token
from schemas.oprf_errors import TooFewHolders
from schemas.private_files import replace_private
from schemas.topics import HOLDERS
from tests.integration.dying_trustee import AFTER, BEFORE
from tests.integration.harness import stop
from tests.integration.shell import Southmed
from tests.integration.trustees import TRUSTEE, YEAR, Asker, a_trustee, serve_once, serving

pytestmark = pytest.mark.broker

NUMBERS = [f"+2162000{number:04}" for number in range(9_000)]


class Stage:
    """A site with a trustee, and two countries that ask."""

    def __init__(self, root: Path, servers: str) -> None:
        self.site = init_site(root, AUTHORITIES)
        self.place = a_trustee(self.site)
        self.whole = self.place.key(YEAR)
        self.reach = Reach(servers)
        self.tunisia = Asker(self.site, self.reach, "tn.inltp")
        self.lebanon = Asker(self.site, self.reach, next(a for a in AUTHORITIES if a[:2] == "lb"))

    def due(self, *numbers: str) -> list[bytes]:
        """What the key makes of numbers, without anybody in between."""
        names = [identifier_input("PHONE", number) for number in numbers]
        return [token(self.whole._scalar, name)[:TOKEN_LENGTH] for name in names]

    def serve_once(self, holder: str = TRUSTEE) -> None:
        serve_once(self.site, self.reach, holder=holder)

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        process = serving(self.site, self.reach)
        try:
            yield process
        finally:
            stop(process)

    def die(self, moment: str) -> None:
        """Has the trustee begin to answer and be killed at a moment."""
        command = [sys.executable, "-m", "tests.integration.dying_trustee"]
        arguments = [str(self.site.root), self.reach.servers, moment]
        assert self._status([*command, *arguments]) == -signal.SIGKILL

    def _status(self, command: list[str]) -> int:
        return subprocess.run(command, check=False, timeout=60).returncode

    def book(self) -> Book:
        return Book(self.place.book, TRUSTEE)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with EmbeddedBroker() as broker:
        yield Stage(tmp_path / "site", broker.servers)


def test_two_countries_come_to_the_same_token_of_the_same_number(stage: Stage) -> None:
    ours = stage.tunisia.question(NUMBERS[:3])
    theirs = stage.lebanon.question([NUMBERS[2], NUMBERS[3]])
    with stage.serving():
        stage.tunisia.send(stage.tunisia.signed(ours))
        stage.lebanon.send(stage.lebanon.signed(theirs))
        here = stage.tunisia.tokens(ours, stage.tunisia.heard(1))
        there = stage.lebanon.tokens(theirs, stage.lebanon.heard(1))
    assert here == stage.due(*NUMBERS[:3])
    assert there == stage.due(*NUMBERS[2:4])
    assert set(here) & set(there) == {here[2]}


def test_nobody_but_who_asked_learns_anything_of_a_number(stage: Stage) -> None:
    """The same number asked twice looks like two different ones to everybody on the way."""
    first, second = (stage.tunisia.question([NUMBERS[0]]) for _ in range(2))
    stage.tunisia.send(stage.tunisia.signed(first), stage.tunisia.signed(second))
    stage.serve_once()
    answers = stage.tunisia.heard(2)
    assert first.request.elements != second.request.elements
    assert answers[0].elements != answers[1].elements
    assert stage.tunisia.tokens(first, answers) == stage.tunisia.tokens(second, answers)
    said = b"".join(stage.tunisia.raw(2)) + stage.place.book.read_bytes()
    assert NUMBERS[0].encode() not in said
    assert stage.due(NUMBERS[0])[0] not in said


# --- Killed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("moment", "answers"), [(BEFORE, 1), (AFTER, 2)])
def test_killed_around_the_answer_it_is_answered_and_costs_once(
    stage: Stage, moment: str, answers: int
) -> None:
    asked = stage.tunisia.question(NUMBERS[:2])
    stage.tunisia.send(stage.tunisia.signed(asked))
    stage.die(moment)
    stage.serve_once()
    sent = stage.tunisia.raw(answers + 1, seconds=3)
    assert (len(sent), len(set(sent))) == (answers, 1)
    assert stage.tunisia.tokens(asked, stage.tunisia.heard(1)) == stage.due(*NUMBERS[:2])
    assert stage.book().totals() == {("tn.inltp", State.EVALUATED): (1, 2)}


def test_killed_again_and_again_every_request_is_answered_and_costs_once(stage: Stage) -> None:
    rng = random.Random(6)
    asked = [stage.tunisia.question([number]) for number in NUMBERS[:12]]
    for number, question in enumerate(asked):
        stage.tunisia.send(stage.tunisia.signed(question))
        if number % 3 == 0:
            stage.die(rng.choice([BEFORE, AFTER]))
    stage.serve_once()
    answers = stage.tunisia.heard(40, seconds=3)
    assert [stage.tunisia.tokens(one, answers)[0] for one in asked] == stage.due(*NUMBERS[:12])
    assert stage.book().totals() == {("tn.inltp", State.EVALUATED): (12, 12)}


# --- Asked in odd ways ---------------------------------------------------------------------------


def test_the_same_bytes_again_are_answered_alike_whatever_came_between(stage: Stage) -> None:
    first, second = (stage.tunisia.question([number]) for number in NUMBERS[:2])
    messages = [stage.tunisia.signed(first), stage.tunisia.signed(second)]
    stage.tunisia.send(*messages, *messages[::-1], messages[0])
    stage.serve_once()
    one, two, *again = stage.tunisia.raw(5)
    assert again == [two, one, one]
    totals = stage.book().totals()
    assert totals["tn.inltp", State.EVALUATED] == (2, 2)
    assert totals["tn.inltp", State.REPEATED] == (3, 3)


def test_another_country_s_request_is_not_answered_and_does_not_hold_up_others(
    stage: Stage,
) -> None:
    theirs = stage.lebanon.signed(stage.lebanon.question([NUMBERS[0]]))
    ours = stage.tunisia.question([NUMBERS[0]])
    stage.tunisia.send(b"rubbish", theirs, stage.tunisia.signed(ours))
    stage.serve_once()
    assert stage.tunisia.tokens(ours, stage.tunisia.heard(1)) == stage.due(NUMBERS[0])
    assert stage.lebanon.raw(1, seconds=1) == []
    codes = [line.code for line in stage.book().lines(limit=9)]
    assert codes == ["TRUNCATED", "WRONG_TOPIC", ""]


def test_a_new_trust_document_holds_at_once(stage: Stage) -> None:
    """A trustee that is running takes a new year's key without being started anew."""
    with stage.serving():
        early = stage.tunisia.question(NUMBERS[:1], "2027")
        stage.tunisia.send(stage.tunisia.signed(early))
        assert stage.tunisia.heard(1)[0].code == "UNKNOWN_EPOCH"
        a_trustee(stage.site, "2027")
        stage.tunisia.send(stage.tunisia.signed(early))
        assert stage.tunisia.tokens(early, stage.tunisia.heard(2)[1:]) != stage.due(NUMBERS[0])


def test_a_broker_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        stage = Stage(tmp_path / "site", broker.servers)
        with stage.serving() as process:
            first, second = (stage.tunisia.question([number]) for number in NUMBERS[:2])
            stage.tunisia.send(stage.tunisia.signed(first))
            assert len(stage.tunisia.heard(1)) == 1
            broker.down()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=3)
            broker.up()
            stage.tunisia.send(stage.tunisia.signed(second))
            answers = stage.tunisia.heard(2)
            assert stage.tunisia.tokens(second, answers) == stage.due(NUMBERS[1])


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    asked = []
    for number in range(2):
        with EmbeddedBroker() as broker:
            if number == 0:
                stage = Stage(tmp_path / "site", broker.servers)
                asked = [stage.tunisia.question([one]) for one in NUMBERS[:3]]
            stage.tunisia = replace(stage.tunisia, reach=Reach(broker.servers))
            stage.reach = Reach(broker.servers)
            stage.tunisia.send(*map(stage.tunisia.signed, asked[: 3 - number]))
            stage.serve_once()
            assert len(stage.tunisia.heard(3 - number)) == 3 - number
    assert stage.book().totals()["tn.inltp", State.EVALUATED] == (3, 3)


# --- The threat table ----------------------------------------------------------------------------


def test_t1_staff_that_guess_numbers_run_into_the_quota_and_into_the_log(
    stage: Stage, southmed: Southmed
) -> None:
    """Somebody at an authority has its key and goes through all numbers, as fast as it can."""
    guesses = [
        stage.tunisia.question(NUMBERS[begin : begin + MAX_ELEMENTS])
        for begin in range(0, len(NUMBERS), MAX_ELEMENTS)
    ]
    stage.tunisia.send(*map(stage.tunisia.signed, guesses))
    stage.serve_once()
    answers = stage.tunisia.heard(len(guesses))
    assert sum(len(answer.elements) for answer in answers) == BURST
    refused = [answer for answer in answers if answer.code]
    assert {answer.code for answer in refused} == {"QUOTA_EXCEEDED"}
    told = southmed("linkage", "log", "--site", stage.site.root, "--json").json
    (line,) = [line for line in told["lines"] if line["state"] == "refused"]
    assert (line["authority"], line["code"], line["times"]) == (
        "tn.inltp",
        "QUOTA_EXCEEDED",
        len(refused),
    )
    assert line["elements"] == len(NUMBERS) - BURST
    (mine,) = [one for one in told["authorities"] if one["authority"] == "tn.inltp"]
    assert (mine["elements"], mine["left"]) == (BURST, 0)
    # Others are not held up by it.
    theirs = stage.lebanon.question([NUMBERS[0]])
    stage.lebanon.send(stage.lebanon.signed(theirs))
    stage.serve_once()
    assert stage.lebanon.tokens(theirs, stage.lebanon.heard(1)) == stage.due(NUMBERS[0])


def test_more_than_the_quota_is_given_by_a_written_grant(stage: Stage) -> None:
    until = date.today() + timedelta(days=30)
    grant = (
        f"grants: [{{authority: tn.inltp, elements: {MAX_ELEMENTS}, until: {until},"
        " reason: Six years of the register.}]"
    )
    stage.place.settings_file.write_text(grant)
    asked = [stage.tunisia.question(NUMBERS[:MAX_ELEMENTS]) for _ in range(4)]
    stage.tunisia.send(*map(stage.tunisia.signed, asked))
    stage.serve_once()
    assert [a.code for a in stage.tunisia.heard(4)] == ["", "", "", "QUOTA_EXCEEDED"]


def test_t3_a_leaked_share_makes_no_token(stage: Stage) -> None:
    """Who steals one share can evaluate with it, and comes to nothing that anybody holds."""
    places = split(stage.site, TRUSTEE, YEAR)
    for place in places:
        share = place.key(YEAR)
        guessed = {token(share._scalar, identifier_input("PHONE", n)) for n in NUMBERS[:50]}
        assert not {one[:TOKEN_LENGTH] for one in guessed} & set(stage.due(*NUMBERS[:50]))
    asked = stage.tunisia.question(NUMBERS[:1])
    stage.tunisia.send(stage.tunisia.signed(asked))
    stage.serve_once(HOLDERS[1])
    with pytest.raises(TooFewHolders):
        stage.tunisia.tokens(asked, stage.tunisia.heard(1))
    stage.serve_once(HOLDERS[2])
    assert stage.tunisia.tokens(asked, stage.tunisia.heard(2)) == stage.due(NUMBERS[0])


def test_a_stolen_share_is_worth_nothing_once_shares_were_renewed(stage: Stage) -> None:
    places = split(stage.site, TRUSTEE, YEAR)
    stolen = places[0].key(YEAR)
    refresh(stage.site, YEAR)
    asked = stage.tunisia.question(NUMBERS[:1])
    stage.tunisia.send(stage.tunisia.signed(asked))
    for holder in HOLDERS[:2]:
        stage.serve_once(holder)
    answers = stage.tunisia.heard(2)
    assert stage.tunisia.tokens(asked, answers) == stage.due(NUMBERS[0])
    elements, proof = stolen.evaluate(asked.request.elements, token_bytes)
    forged = replace(answers[0], elements=tuple(elements), proof=proof)
    with pytest.raises(WrongLinkageKey):
        stage.tunisia.tokens(asked, [forged, answers[1]])


def test_t5_a_trustee_that_answers_with_another_key_is_found_out(stage: Stage) -> None:
    """It would mark a country's tokens, or split one number into two; the proof gives it away."""
    honest = Place(stage.site, TRUSTEE)
    asked = stage.tunisia.question(NUMBERS[:1])
    stage.tunisia.send(stage.tunisia.signed(asked))
    stage.serve_once()
    (answer,) = stage.tunisia.heard(1)
    other = LinkageKey.generate(YEAR, token_bytes)
    elements, proof = other.evaluate(asked.request.elements, token_bytes)
    lie = replace(answer, elements=tuple(elements), proof=proof)
    with pytest.raises(WrongLinkageKey, match=r"trustee\.linkage"):
        stage.tunisia.tokens(asked, [lie])
    # By mistake it cannot happen at all: a key that is not announced is not used.
    replace_private(honest.key_file(YEAR), dump_linkage_key(other))
    again = stage.tunisia.question(NUMBERS[:1])
    stage.tunisia.send(stage.tunisia.signed(again))
    stage.serve_once()
    assert stage.tunisia.heard(2)[1].code == "KEY_NOT_HELD"


def test_an_authority_cannot_ask_in_another_s_name(stage: Stage) -> None:
    """So nobody spends another's quota, nor has it told what was asked for by somebody else."""
    asked = stage.lebanon.question([NUMBERS[0]])
    forged = sign_request(asked.request, stage.site.signing_key("tn.inltp"))
    stage.lebanon.send(forged)
    stage.serve_once()
    assert stage.lebanon.raw(1, seconds=1) == []
    (line,) = stage.book().lines(limit=9)
    assert (line.authority, line.code) == (stage.lebanon.authority, "FOREIGN_KEY")
    assert stage.book().account(stage.lebanon.authority).left((), 0) == BURST


def test_t6_whoever_is_on_the_way_can_change_nothing_and_repeat_without_effect(
    stage: Stage,
) -> None:
    """If TLS were broken: signatures hold, and what is sent again costs and tells nothing new."""
    asked = stage.tunisia.question(NUMBERS[:1])
    message = stage.tunisia.signed(asked)
    (element,) = asked.request.elements
    (other,) = stage.tunisia.question(NUMBERS[1:2]).request.elements
    stage.tunisia.send(message.replace(element, other), message, message)
    stage.serve_once()
    first, again = stage.tunisia.raw(3, seconds=3)
    assert first == again
    codes = [(line.code, line.elements) for line in stage.book().lines(limit=9)]
    assert codes == [("BAD_SIGNATURE", 0), ("", 1), ("", 1)]
    (answer, _) = stage.tunisia.heard(2)
    with pytest.raises(WrongLinkageKey):
        stage.tunisia.tokens(asked, [replace(answer, elements=(other,))])


# --- The commands --------------------------------------------------------------------------------


def test_the_log_and_the_status_tell_a_trustee_how_it_stands(
    stage: Stage, southmed: Southmed
) -> None:
    asked = stage.tunisia.question(NUMBERS[:3])
    stage.tunisia.send(stage.tunisia.signed(asked), b"rubbish")
    stage.serve_once()
    at = ("--site", stage.site.root)
    said = southmed("linkage", "log", *at)
    assert (said.status, "tn.inltp" in said.out, "TRUNCATED" in said.out) == (0, True, True)
    refused = southmed("linkage", "log", *at, "--refused", "--json").json["lines"]
    assert [line["code"] for line in refused] == ["TRUNCATED"]
    told: dict[str, Any] = southmed("linkage", "status", *at, "--json").json
    assert told["sound"] is True
    assert told["keys"] == [
        {"epoch": YEAR, "part": "the whole key", "named": True, "announced": True}
    ]
    assert (told["answers_waiting"], told["next_offsets"]["TUN"]) == (0, 2)
    stage.place.key_file(YEAR).unlink()
    assert southmed("linkage", "status", *at).status == 1
