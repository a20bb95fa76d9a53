"""Invented years of four countries, with networks, surges and displacements planted in them.

``deploy.registers`` invents what a register holds; this package invents how years go by: what
happens when, when an officer types it in, what is corrected later, and what all of it has to do
with each other. Beside it stands the truth, so that detectors can be scored. The rules:

1. Everything follows from one seed. The same seed and extent invent the same years.
2. A record is **of** a month and **entered** in that month or later; corrections have months of
   their own. `Story.register` says what a register held at the end of any month.
3. An identifier is noted only where the register has a column for it and the column's meaning fits:
   the Tunisian and Lebanese forms ask for a recruiter's telephone, so nobody else's stands there.
4. What was planted could be found, by whoever knows everything that was entered, from a month on;
   the truth says from which.

All of it is invented. Telephones are a run of noughts before a small number, accounts, plates and
agencies say that they are fictive.

``contacts``   identifiers, and which register can hold which
``truth``      what was planted
``records``    cases and networks as registers hold them
``networks``   networks and chains, and the identifiers that have to do with nothing
``corridors``  victims by origin and country, with surges and displacements
``story``      all of it together
``registers``  the four registers as they stood in a month
"""
