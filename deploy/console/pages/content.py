"""What stands in the frame of a page, where that is the same for all readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from deploy.console.charts import Chart


@dataclass(frozen=True)
class Content:
    """What stands in the frame of a page.

    Attributes:
        title: Of the page.
        main: The page's own part.
        charts: What it shows; they have to be there as long as it is.
    """

    title: Markup
    main: Markup
    charts: Sequence[Chart]
