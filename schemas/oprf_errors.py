"""What can go wrong with linkage tokens: elements, proofs, shares.

None of these texts holds an element, a scalar or an input: they name positions and counts.
"""

from __future__ import annotations

from schemas.errors import PlatformError
from schemas.linkage_errors import LinkageError


class RistrettoUnavailable(PlatformError):
    """The library that calculates in the group of linkage tokens cannot be loaded."""

    code = "RISTRETTO_UNAVAILABLE"
    summary = "the library for linkage tokens cannot be loaded"
    advice = (
        "Install the pinned release of `rbcl`. It runs from the folder for temporary files: "
        "if that forbids programs (noexec), set TMPDIR to one that allows them."
    )


class ElementInvalid(LinkageError):
    """Bytes are no element of the group, or the one that hides nothing: the identity."""

    code = "ELEMENT_INVALID"
    summary = "not an element of the group, or its identity"
    advice = "Treat as tampering; ask the sender to blind or evaluate again."


class ScalarInvalid(LinkageError):
    """Bytes are no scalar in its one form, or zero."""

    code = "SCALAR_INVALID"
    summary = "not a scalar in its one form, or zero"
    advice = "Keys and blinds are made by southmed only; restore the file they came from."


class OprfInputInvalid(LinkageError):
    """What a token is to be made of is longer than the function takes."""

    code = "OPRF_INPUT_INVALID"
    summary = "no token can be made of this input"
    advice = "Make tokens of normalised identifiers only."


class OprfBatchInvalid(LinkageError):
    """A batch is empty, too large, or its parts do not have the same number of elements."""

    code = "OPRF_BATCH_INVALID"
    summary = "the parts of a batch do not fit each other"
    advice = "Ask for the evaluation of the same batch again."


class ProofInvalid(LinkageError):
    """The proof does not show that the evaluation was made with the announced key."""

    code = "PROOF_INVALID"
    summary = "the proof does not hold for the announced key"
    advice = "Use none of these tokens. Ask the named holder which key it used, and for what."


class TooFewHolders(LinkageError):
    """Fewer holders of shares have answered than the key needs."""

    code = "TOO_FEW_HOLDERS"
    summary = "fewer holders have answered than the key needs"
    advice = "Wait for another holder's evaluation."


class KeyShareInvalid(LinkageError):
    """Shares, or their public halves, are not those of one key."""

    code = "KEY_SHARE_INVALID"
    summary = "the shares are not those of one key"
    advice = "Compare epoch, holders and public keys with the record of the key ceremony."
