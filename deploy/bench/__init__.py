"""What southmed costs on this machine: ``southmed bench``.

The rules of measuring:

1. Cost is processor time of a whole process, all its threads, user and system. It is told for
   one event, and as events in a second of one core.
2. What is compared runs by turns, several rounds, each time in a process of its own. The medians
   are told, because other work on the machine comes and goes.
3. Nothing is asserted: figures are for people to judge.
4. Events are invented, but of all kinds and in lifelike proportions (`deploy.bench.events`), and
   the same for everything that is compared.
"""
