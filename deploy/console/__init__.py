"""The console: pages on which analysts and contact points read what was published.

The rules:

1. It knows only what stands on the topics that its principal may read, verified as
   ``southmed consume`` does. It has no way to a case, and keeps nothing that a restart loses.
2. What follows Kafka (`follow`) puts what it believes into a store (`store`), of which everybody
   else sees immutable snapshots. Pages are made in two steps: a view, a pure function of a
   snapshot, and a template, which only lays out what the view says.
3. Who reads is asked at every door (`security`), and without an answer the door stays shut.
4. Nothing on a page comes from elsewhere, and nothing in a page is a script or a style.
"""
