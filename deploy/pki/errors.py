"""What can go wrong with identities and TLS."""

from __future__ import annotations

from schemas.errors import PlatformError


class IdentityError(PlatformError):
    """An identity cannot be made, found or used."""

    code = "IDENTITY"
    summary = "the identity cannot be used"


class UnknownPrincipal(IdentityError):
    """The name is neither a principal of the table nor a broker."""

    code = "UNKNOWN_PRINCIPAL"
    summary = "no such principal"
    advice = "Principals are those of docs/topics.md, and broker.1, broker.2, ..."


class CertificateAuthorityMissing(IdentityError):
    """The site has no certificate authority, or its key is elsewhere."""

    code = "CA_MISSING"
    summary = "there is no certificate authority here"
    advice = "Make one with `southmed pki init`, or work where the authority's key is kept."


class IdentityExists(IdentityError):
    """There is a key already where a new one was to be made."""

    code = "IDENTITY_EXISTS"
    summary = "there is an identity already"
    advice = "Replace it with `southmed pki renew`."


class IdentityInvalid(IdentityError):
    """The folder of an identity does not hold a key and the certificate that fits it."""

    code = "IDENTITY_INVALID"
    summary = "the folder does not hold a usable identity"
    advice = "Issue it with `southmed pki issue`; keep identity.pem readable by its owner only."


class RequestInvalid(IdentityError):
    """A request for a certificate does not hold: another name, another kind of key, not signed."""

    code = "REQUEST_INVALID"
    summary = "the request for a certificate does not hold"
    advice = "Make it again with `southmed pki request`, at the principal's own place."


class CertificateInvalid(IdentityError):
    """A certificate does not fit the key that waits for it, or comes from another authority."""

    code = "CERTIFICATE_INVALID"
    summary = "the certificate does not fit"
    advice = "Ask for the certificate of the newest request, from the authority of ca.pem."


class HostInvalid(IdentityError):
    """A host name or address cannot stand in a broker's certificate."""

    code = "HOST_INVALID"
    summary = "not a host that a certificate can name"
    advice = "Name hosts in full, without wildcards; only brokers have hosts."


class TlsRequired(IdentityError):
    """A broker on another machine was to be spoken to without TLS."""

    code = "TLS_REQUIRED"
    summary = "only a broker on this machine may be spoken to without TLS"
    advice = "Name the folder of an identity with --identity or SOUTHMED_IDENTITY."
