"""The files that browsers load beside pages: ours alone, under names that change with them.

One is not ours: what makes charts alive, which vl-convert brings along and bundles. Making it takes
a second, so it is made when somebody looks closer at a chart for the first time; until then its
address follows from what it will be made of.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import vl_convert

from deploy.console.charts.base import VEGA_LITE

FOLDER = files("deploy") / "console" / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

VEGA = "vega.js"
EXPORTS = "export { vegaEmbed };"


@cache
def contents() -> dict[str, bytes]:
    """Every file by its name."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


@cache
def asset(name: str) -> str:
    """The address of a file."""
    content = _made_of().encode() if name == VEGA else contents()[name]
    return f"/static/{hashlib.sha256(content).hexdigest()[:12]}/{name}"


@cache
def vega() -> bytes:
    """Vega, Vega-Lite and vega-embed with its interpreter of expressions, as one module."""
    return vl_convert.javascript_bundle(EXPORTS, vl_version=VEGA_LITE).encode()


def _made_of() -> str:
    return f"{version('vl-convert-python')} {VEGA_LITE} {EXPORTS}"
