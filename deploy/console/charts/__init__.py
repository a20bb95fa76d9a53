"""Charts as SVG, drawn on the server: one style, light and dark, each told in words too.

A chart is what it shows, as plain values; its address is a digest of them, so it may be kept for
ever, and what nobody looks at is never drawn. Uncertainty is drawn with every number: a band about
a line, a whisker over a bar. What is not settled or not to be relied on is hollow: nothing is told
by colour alone.

`base` has what all charts share, `numbers` lines and bars, `flowmap` and `sankey` corridors,
`lanes` what went on through time, `kept` what is remembered of them.
"""

from deploy.console.charts.base import Chart, Theme
from deploy.console.charts.corridors import Flow
from deploy.console.charts.flowmap import FlowMap
from deploy.console.charts.kept import Charts
from deploy.console.charts.lanes import Band, Lanes, Point
from deploy.console.charts.numbers import Bars, Mark, Trend
from deploy.console.charts.sankey import Sankey

__all__ = [
    "Band",
    "Bars",
    "Chart",
    "Charts",
    "Flow",
    "FlowMap",
    "Lanes",
    "Mark",
    "Point",
    "Sankey",
    "Theme",
    "Trend",
]
