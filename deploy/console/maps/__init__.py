"""Maps: shapes and anchors as a file that a host may swap, and plane geometry on top of them.

Shapes and where things lie on the drawing are worked out here, in numbers; `charts.flowmap` only
paints them. Which lines a map shows is the host's to decide: `console.yaml` may name a file of its
own (``map``), and what ships is in README.md beside this file.
"""

from deploy.console.maps.atlas import Atlas, read_atlas, shipped_atlas

__all__ = ["Atlas", "read_atlas", "shipped_atlas"]
