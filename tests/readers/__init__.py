"""Two hundred readers before one console: signed in, with open streams, while news arrive.

What is real: the console as its own process (``southmed console serve``), the embedded broker it
follows, an OpenID provider where each reader signs in, HTTP. What is invented: the region, and the
readers, who come from one address, as from behind a ministry's proxy, and read as people do.

- `reading`: one reader and their browser
- `stage`: the broker, the provider and the console's process
- `trial`: what happens during a run
- `report`: what was measured, in numbers
"""
