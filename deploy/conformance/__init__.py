"""Whether a newcomer and a platform speak the same contract: the run, and its signed report.

A run sends a table of batches and a day's invented events in the newcomer's name, and writes down
how each was answered. The other authorities check the report with one command before they admit
the newcomer.

``samples`` and ``forging`` hold what good and bad batches are made of, ``vectors`` the table,
``day`` the invented day, ``report`` the document and its signature, ``checking`` what the others
hold it against. These are pure. ``platform`` brings up a platform to run against, ``asking`` sends
and hears, ``run`` puts a run together.
"""
