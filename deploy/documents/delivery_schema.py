"""The JSON Schema of ``delivery.yaml``, for editors that complete and underline.

It follows from the settings' model as those of declarations do (`declaration_schemas`). What one
field cannot tell of another is left to ``southmed alerts deliver``, which reads it first.
"""

from __future__ import annotations

from deploy.delivery.settings import Settings
from deploy.documents.declaration_schemas import described, in_draft_7, written

NAME = "delivery.schema.json"


def render() -> str:
    """``delivery.schema.json``."""
    return written(in_draft_7(described(Settings)))
