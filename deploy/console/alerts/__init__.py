"""Alerts in the console: what stands on each channel, who may see which, and answers.

The rules:

1. Every channel has a board of its own. Nobody sees of another's board even that it changes.
2. Which boards a reader sees follows from roles alone (`visible`), in one place: the inbox, the
   page of an alert and its drawing, the form of an answer and the stream of events all ask there.
3. An answer is written to the channel's topic by the console's principal. Who gave it stands in the
   audit log, before it is sent (docs/adr/0022).
"""
