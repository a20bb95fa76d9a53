"""Asks for the tokens that an outbox lacks, and makes events of those that come.

The rules:

1. Requests are small enough that a day's allowance grants one, and few are open at once: what is
   not asked waits here and not at the trustee's.
2. Years are asked for in turns and the newest facts first, so that a sighting is complete at once.
3. A request counts as refused when too few holders are left who may still answer. It is sent again
   an hour later; until then nothing new of its year is asked, and nothing at all
   if the quota is used up.
4. An answer whose proof does not hold counts as a refusal of its holder.
5. A request for a year that is asked for no more is given up.

Nothing here waits or speaks to Kafka.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from producers import lines
from producers.linkage import build, code_in, read_answer, tokens_of, years
from producers.outbox import Outbox
from producers.requests import Asked, Waiting
from schemas.envelope import Random
from schemas.errors import SealError, WireError
from schemas.evaluations import check
from schemas.keys import SigningKey
from schemas.linkage import Evaluation, Request, sign_request
from schemas.linkage_errors import EvaluationMisplaced, LinkageError, QuotaExceeded
from schemas.log_lines import tell
from schemas.oprf_errors import OprfError, TooFewHolders
from schemas.trust import LinkageEpoch, TrustDocument

MOST_ASKED = 200
MOST_OPEN = 4
PAUSE_MS = 3_600_000
"""After which a refused request is sent again."""


@dataclass(frozen=True)
class Means:
    """What asking needs besides an outbox.

    Attributes:
        signer: The authority's signing key.
        trust: Gives the trust document as it is now.
        now: Milliseconds since 1970.
        random: Source of random bytes.
    """

    signer: SigningKey
    trust: Callable[[], TrustDocument]
    now: Callable[[], int]
    random: Random


class Asking:
    """Asks for the tokens of one outbox.

    Args:
        outbox: The outbox.
        means: Key, trust, clock and randomness.
    """

    def __init__(self, outbox: Outbox, means: Means) -> None:
        self._outbox = outbox
        self._means = means
        self._refusals: defaultdict[bytes, set[str]] = defaultdict(set)

    def prepare(self) -> None:
        """Tells what can be told, and makes the requests that may be made."""
        now = datetime.fromtimestamp(self._means.now() / 1000, UTC)
        epochs = [one.epoch for one in years(self._means.trust(), now.year)]
        self._outbox.tell_sightings(epochs, f"{now:%Y-%m}")
        unanswered = self._outbox.requests()
        for request in unanswered:
            if request.epoch not in epochs:
                self._outbox.give_up(request.request_id)
        wanted = [request for request in unanswered if request.epoch in epochs]
        refused = {request.epoch: request.code for request in wanted if request.code}
        if QuotaExceeded.code not in refused.values():
            free = [epoch for epoch in epochs if epoch not in refused]
            self._ask(free, MOST_OPEN - sum(not request.code for request in wanted))

    def _ask(self, epochs: list[str], room: int) -> None:
        """Makes requests for the years in turns, until there is no room or nothing to ask."""
        left = list(epochs)
        while left:
            for epoch in tuple(left):
                if room <= 0:
                    return
                made = partial(build, random=self._means.random)
                if self._outbox.ask_next(epoch, made, MOST_ASKED):
                    room -= 1
                else:
                    left.remove(epoch)

    def to_send(self) -> list[Waiting]:
        """The requests that may be sent now."""
        now = self._means.now()
        return [one for one in self._outbox.requests() if not one.code or one.due <= now]

    def signed(self, request: Waiting) -> bytes:
        """A request as it travels; empty if it was answered meanwhile, to another process."""
        elements = self._outbox.elements(request.request_id)
        if not elements:
            return b""
        asked = Request(self._outbox.authority, request.request_id, request.epoch, elements)
        return sign_request(asked, self._means.signer)

    def take(self, message: bytes) -> bool:
        """Takes what came on the topic of evaluations; True if it answers a request of ours."""
        trust = self._means.trust()
        try:
            evaluation = read_answer(message, self._outbox.authority, trust)
        except (WireError, SealError) as error:
            tell(lines.ANSWER_IGNORED, code=error.code)
            return False
        asked = None if evaluation is None else self._outbox.asked(evaluation.request_id)
        entry = next((e for e in trust.linkage if asked and e.epoch == asked.epoch), None)
        if evaluation is None or asked is None or entry is None:
            return False
        if evaluation.code:
            self._refuse(evaluation, entry, code_in(evaluation))
            return True
        try:
            check(entry, asked.elements, evaluation)
        except EvaluationMisplaced as error:
            tell(lines.ANSWER_IGNORED, code=error.code)
            return False
        except LinkageError as error:
            self._refuse(evaluation, entry, error.code)
            return True
        self._outbox.keep_answer(evaluation.request_id, evaluation.holder, message)
        self._combine(evaluation, asked, entry, trust)
        return True

    def _refuse(self, evaluation: Evaluation, entry: LinkageEpoch, code: str) -> None:
        """Notes that a holder does not answer, and what that means for the request."""
        tell(lines.TOKENS_REFUSED, code=code)
        refusing = self._refusals[evaluation.request_id]
        refusing.add(evaluation.holder)
        named = {share.holder for share in entry.shares}
        if len(named - refusing) < entry.needed:
            self._put_off(evaluation, code)

    def _put_off(self, evaluation: Evaluation, code: str) -> None:
        due = self._means.now() + PAUSE_MS
        self._outbox.refused(evaluation.request_id, evaluation.holder, code, due)
        self._refusals.pop(evaluation.request_id, None)

    def _combine(
        self, evaluation: Evaluation, asked: Asked, entry: LinkageEpoch, trust: TrustDocument
    ) -> None:
        """Makes tokens, if enough holders have answered."""
        answers = self._outbox.answers(evaluation.request_id)
        try:
            read = (read_answer(m, self._outbox.authority, trust) for m in answers.values())
            tokens = tokens_of(entry, asked, [one for one in read if one is not None])
        except TooFewHolders:
            return
        except (WireError, SealError, LinkageError, OprfError) as error:
            # Some were kept from before a key was split or renewed: they are asked for again.
            tell(lines.TOKENS_REFUSED, code=error.code)
            self._outbox.forget_answers(evaluation.request_id)
            self._put_off(evaluation, error.code)
            return
        self._outbox.answered(evaluation.request_id, asked.epoch, tokens)
        self._refusals.pop(evaluation.request_id, None)
