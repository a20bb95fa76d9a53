"""Identities on the cluster: who gets a certificate, and what stands in it.

The rules:

1. A principal of `schemas.access` is the common name of a certificate, and a broker is
   ``broker.1``, ``broker.2``, ... Nobody else gets one. The subject is ``O=southmed`` and then
   ``CN=<principal>``, which Kafka prints as ``CN=<principal>,O=southmed``.
2. Keys are P-256, in unencrypted PKCS#8: what Kafka's PEM loader, OpenSSL and Java all read.
   They sign nothing but handshakes; batches are signed with other keys (`schemas.keys`).
3. What a certificate may be used for is decided by the authority and never by who asks: clients
   may be clients only, brokers both, because brokers speak to each other.
4. Certificates end soon (90 days) and are renewed; there are no revocation lists, because Kafka's
   brokers ask for none.
5. An identity is a folder that is whole in itself: ``identity.pem`` (key, certificate, authority's
   certificate) and ``ca.pem`` (whom to believe). Key and certificate are in one file so that they
   are replaced together, by one rename.

`certificates` is the rules, `store` the files.
"""
