"""Linkage tokens: what is refused on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest

from schemas import ristretto
from schemas.oprf import (
    MAX_BATCH,
    MAX_INPUT,
    blind,
    derive_key,
    evaluate,
    evaluate_unproven,
    finalize,
    public_of,
    verify,
)
from schemas.oprf_errors import (
    ElementInvalid,
    OprfBatchInvalid,
    OprfInputInvalid,
    ProofInvalid,
    RistrettoUnavailable,
)
from schemas.oprf_hashing import OPRF
from schemas.ristretto import (
    IDENTITY,
    Element,
    generated,
    random_scalar,
    small,
    total,
)
from tests.unit.test_oprf import ORDER

PRIME = 2**255 - 19


@pytest.fixture
def answered() -> dict[str, Any]:
    key, inputs = random_scalar(token_bytes), [b"a", b"b", b"c"]
    blinds, blinded = blind(inputs, token_bytes)
    evaluated, proof = evaluate(key, blinded, token_bytes)
    return {
        "inputs": inputs,
        "blinds": blinds,
        "evaluated": evaluated,
        "blinded": blinded,
        "proof": proof,
        "public": public_of(key),
    }


def _another_key(answer: dict[str, Any]) -> dict[str, Any]:
    evaluated, proof = evaluate(random_scalar(token_bytes), answer["blinded"], token_bytes)
    return {"evaluated": evaluated, "proof": proof}


def _one_by_another_key(answer: dict[str, Any]) -> dict[str, Any]:
    foreign = evaluate_unproven(random_scalar(token_bytes), answer["blinded"][1:2])
    first, _, last = answer["evaluated"]
    return {"evaluated": [first, *foreign, last]}


def _shifted_against_each_other(answer: dict[str, Any]) -> dict[str, Any]:
    """Two errors that would cancel out, if elements of a batch were merely added up."""
    first, second, last = answer["evaluated"]
    error, undone = generated(small(1)), generated(small(-1))
    return {"evaluated": [total([first, error]), total([second, undone]), last]}


TAMPERING: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], type[Exception]]] = {
    "made and proved with another key": (_another_key, ProofInvalid),
    "one made with another key": (_one_by_another_key, ProofInvalid),
    "errors that cancel out": (_shifted_against_each_other, ProofInvalid),
    "another order": (lambda a: {"evaluated": a["evaluated"][::-1]}, ProofInvalid),
    "nothing done": (lambda a: {"evaluated": a["blinded"]}, ProofInvalid),
    "another key announced": (lambda _: {"public": generated(small(5))}, ProofInvalid),
    "zeros for a proof": (lambda _: {"proof": bytes(64)}, ProofInvalid),
    "a short proof": (lambda a: {"proof": a["proof"][:-1]}, ProofInvalid),
    "a long proof": (lambda a: {"proof": a["proof"] + b"\0"}, ProofInvalid),
    "a response not reduced": (
        lambda a: {
            "proof": a["proof"][:32]
            + (int.from_bytes(a["proof"][32:], "little") + ORDER).to_bytes(32, "little")
        },
        ProofInvalid,
    ),
    "one too few": (lambda a: {"evaluated": a["evaluated"][:-1]}, OprfBatchInvalid),
    "one too many": (lambda a: {"evaluated": [*a["evaluated"], a["public"]]}, OprfBatchInvalid),
    "none": (lambda _: {"evaluated": [], "blinded": []}, OprfBatchInvalid),
    "blinds of another batch": (lambda a: {"blinds": a["blinds"][1:]}, OprfBatchInvalid),
    "the identity": (lambda a: {"evaluated": [*a["evaluated"][:2], IDENTITY]}, ElementInvalid),
    "the identity for a key": (lambda _: {"public": IDENTITY}, ElementInvalid),
}


class TestAnAnswerIsRefused:
    @pytest.mark.parametrize(("tamper", "error"), TAMPERING.values(), ids=TAMPERING)
    def test_if_it_is_not_what_the_announced_key_makes(
        self,
        answered: dict[str, Any],
        tamper: Callable[[dict[str, Any]], dict[str, Any]],
        error: type[Exception],
    ) -> None:
        assert len(finalize(**answered)) == 3
        with pytest.raises(error):
            finalize(**{**answered, **tamper(answered)})

    def test_if_its_proof_is_of_the_plain_mode(self, answered: dict[str, Any]) -> None:
        key = random_scalar(token_bytes)
        evaluated, proof = evaluate(key, answered["blinded"], token_bytes, OPRF)
        verify(public_of(key), answered["blinded"], evaluated, proof, OPRF)
        with pytest.raises(ProofInvalid):
            verify(public_of(key), answered["blinded"], evaluated, proof)


def _negative(element: Element) -> bytes:
    """The same element with the sign that its one form does not have."""
    return (PRIME - int.from_bytes(element, "little")).to_bytes(32, "little")


NO_ELEMENTS = {
    "the identity": IDENTITY,
    "the field's prime, for zero": PRIME.to_bytes(32, "little"),
    "beyond the prime": (PRIME + 6).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "the identity with the high bit set": bytes(31) + b"\x80",
    "odd": b"\1" + bytes(31),
    "the other sign": _negative(generated(small(3))),
    "an element with the high bit set": generated(small(3))[:-1]
    + bytes([generated(small(3))[-1] | 0x80]),
    "too short": generated(small(3))[:-1],
    "too long": generated(small(3)) + b"\0",
    "nothing": b"",
}


class TestTheTrusteeRefuses:
    @pytest.mark.parametrize("encoded", NO_ELEMENTS.values(), ids=NO_ELEMENTS)
    def test_what_is_no_element_and_says_which_it_was(self, encoded: bytes) -> None:
        with pytest.raises(ElementInvalid) as refused:
            evaluate(small(2), [generated(small(3)), encoded], token_bytes)
        assert refused.value.got == "element 2"

    def test_an_empty_or_too_large_batch(self) -> None:
        for batch in ([], [generated(small(3))] * (MAX_BATCH + 1)):
            with pytest.raises(OprfBatchInvalid):
                evaluate(small(2), batch, token_bytes)


class TestTheAuthorityIsRefused:
    def test_an_input_longer_than_its_length_can_tell(self) -> None:
        assert len(blind([bytes(MAX_INPUT)], token_bytes)[1]) == 1
        with pytest.raises(OprfInputInvalid):
            blind([bytes(MAX_INPUT + 1)], token_bytes)

    @pytest.mark.parametrize(("seed", "info"), [(bytes(31), b""), (bytes(32), bytes(2**16))])
    def test_a_seed_or_info_of_the_wrong_length(self, seed: bytes, info: bytes) -> None:
        with pytest.raises(OprfInputInvalid):
            derive_key(seed, info)

    def test_a_blind_of_zero_is_drawn_again(self) -> None:
        draws = iter([bytes(64), ORDER.to_bytes(64, "little"), small(9).ljust(64, b"\0")])
        assert random_scalar(lambda _: next(draws)) == small(9)


class TestTheLibrary:
    CODE = "from schemas.ristretto import generated, small; generated(small(2))"

    def _run(self, folder: Path, code: str) -> None:
        environment = {**os.environ, "TMPDIR": str(folder)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)

    def test_leaves_no_file_behind(self, tmp_path: Path) -> None:
        self._run(tmp_path, self.CODE)
        assert list(tmp_path.iterdir()) == []

    def test_is_loaded_by_those_only_who_calculate(self, tmp_path: Path) -> None:
        code = (
            "import sys, schemas.linkage_keys, schemas.threshold; sys.exit('rbcl' in sys.modules)"
        )
        self._run(tmp_path, code)

    @pytest.mark.parametrize("error", [ImportError, OSError])
    def test_that_cannot_be_loaded_is_told_with_what_to_do(
        self, error: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_: str) -> None:
            raise error("failed to map segment from shared object")

        ristretto._group.cache_clear()
        monkeypatch.setattr(ristretto, "import_module", refuse)
        with pytest.raises(RistrettoUnavailable) as told:
            generated(small(2))
        assert "TMPDIR" in told.value.advice
