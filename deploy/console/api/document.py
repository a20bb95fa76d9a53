"""The OpenAPI document: FastAPI's own, of the addresses of the API alone.

What FastAPI does not know is put in afterwards: errors are problems, answers may be grown, and who
comes in by a session or a certificate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from deploy.console.api import VERSION
from deploy.console.api.files import CSV, SDMX_CSV
from deploy.console.api.problems import MEDIA_TYPE, Problem
from deploy.console.security.sessions import SESSION

Node = dict[str, Any]
TEXT: Node = {"schema": {"type": "string"}}
ETAG: Node = {"ETag": {"schema": {"type": "string"}, "description": "Names this answer."}}
ANSWERS: dict[int | str, Node] = {
    304: {"description": "The answer is the one that the reader has.", "headers": ETAG},
    401: {"model": Problem, "description": "Nobody is signed in."},
    403: {"model": Problem, "description": "This reader may not see that."},
    404: {"model": Problem, "description": "There is nothing at that address."},
    422: {"model": Problem, "description": "A parameter is not as it should be."},
    429: {
        "model": Problem,
        "description": "That was too often.",
        "headers": {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds."}},
    },
    500: {"model": Problem, "description": "Something failed here."},
}
"""What every address may answer beside what it is for."""
OBSERVATIONS: dict[int | str, Node] = {
    200: {"content": {CSV: TEXT, SDMX_CSV: TEXT}},
    406: {"model": Problem, "description": "There is no answer in that media type."},
    501: {"model": Problem, "description": "This console cannot write that format."},
}
"""What observations are answered with beside that."""
POLICY = (
    "Read only. The first number of the version is that of the address; it grows, with an address"
    " beside the old one, when something is taken away or means something else, the second number"
    " when something is added: pass over fields that you do not know. Numbers are detections by"
    " authorities with noise, not prevalence: OBS_VALUE is for reading, MEASUREMENT and its bounds"
    " for computing."
)
SECURITY: Mapping[str, Node] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": "What a browser holds after signing in.",
    },
    "certificate": {
        "type": "mutualTLS",
        "description": "A client certificate of the platform, for programs.",
    },
}


def document(routes: Sequence[BaseRoute]) -> Node:
    """The document of some routes."""
    made = get_openapi(
        title="southmed console",
        version=VERSION,
        openapi_version="3.1.0",
        description=POLICY,
        routes=routes,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    made["security"] = [{name: []} for name in SECURITY]
    parts = made["components"]
    parts["securitySchemes"] = dict(SECURITY)
    for part in parts["schemas"].values():
        # Fields may be added, and programs shall not refuse them.
        part.pop("additionalProperties", None)
    for path in made["paths"].values():
        _with_problems(path["get"]["responses"])
    return made


def _with_problems(responses: Node) -> None:
    for status, answer in responses.items():
        if status >= "400":
            answer["content"] = {MEDIA_TYPE: answer["content"].pop("application/json")}
        elif status == "304":
            answer.pop("content", None)


def written(routes: Sequence[BaseRoute]) -> str:
    """The text of the file."""
    return json.dumps(document(routes), ensure_ascii=False, indent=1) + "\n"
