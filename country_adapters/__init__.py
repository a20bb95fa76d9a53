"""National registers to anonymised case events: the kit and four countries' declarations."""

AUTHORITIES = {
    "tn.inltp": "TUN",
    "ma.cnclt": "MAR",
    "jo.ctu": "JOR",
    "lb.isf": "LBN",
}
"""The authorities whose registers are declared here, with their country."""

REGISTERS = {
    "tn.inltp": "tunisia",
    "ma.cnclt": "morocco",
    "jo.ctu": "jordan",
    "lb.isf": "lebanon",
}
"""Their folders."""
