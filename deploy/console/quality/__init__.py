"""Quality in the console: what is published of how data come in, and who may see it.

It names what goes wrong at authorities, so those see it who can do something about it or have to
reckon with it: analysts, contact points, operators (docs/adr/0025). Viewers do not.
"""
