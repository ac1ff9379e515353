"""The authority behind ``make run HTTPS=1``, and the certificate of each host.

Each lab is a host name, and their number is unlimited. A wildcard covers only one label, and
``community.<lab>`` has two. So certificates aren't made in advance: the code that answers a
connection asks ``Authority.certificate`` for the name that the browser wants. People trust the
authority once: it stays in its folder between runs.

An authority may vouch for loopback addresses and for the configured domains, and browsers hold it
to that. Other domains get an authority of their own in another folder, so one that a person trusts
never comes to cover more. For one name it always makes the same certificate, byte for byte, so an
exception that somebody has made in a browser holds in every process and after every start.

What this does not do: renew. After ``LIFETIME`` the folder has to be removed, and the new authority
to be trusted.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from catalogue.addresses import LOCALHOST, LONGEST_NAME, Domains, is_below

LOOPBACK = ("127.0.0.1", "::1")
# Apple's systems accept no certificate that lasts longer than 825 days.
LIFETIME = timedelta(days=800)

CERTIFICATE, KEY, HOSTS_KEY = "ca.pem", "ca-key.pem", "hosts-key.pem"
_NAME = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")


class CertificateError(Exception):
    """The folder holds no authority that can be used; the text says which folder, and why."""


def tops(domains: Domains) -> tuple[str, ...]:
    """Return the names at or below which an authority's hosts are: what it's constrained to."""
    every = (domains.playground, domains.bank, domains.evil)
    return tuple(sorted({LOCALHOST if is_below(name, LOCALHOST) else name for name in every}))


def folder_for(var_dir: Path, domains: Domains) -> Path:
    """Return the folder of the authority for these domains."""
    names = tops(domains)
    if names == (LOCALHOST,):
        return var_dir / "https"
    return var_dir / f"https-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Authority:
    """The authority of one folder. All hosts have one key, so that one file holds it.

    `tops` are the names at or below which it may vouch for a host.
    """

    folder: Path
    tops: tuple[str, ...]
    certificate_of_its_own: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    hosts_key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        """What a person adds to the authorities that a browser trusts."""
        return self.folder / CERTIFICATE

    @property
    def hosts_key_file(self) -> Path:
        return self.folder / HOSTS_KEY

    def covers(self, name: str) -> bool:
        """Tell whether a host of this name gets a certificate."""
        well_formed = len(name) <= LONGEST_NAME and _NAME.fullmatch(name)
        return bool(well_formed) and any(is_below(name, top) for top in self.tops)

    def certificate(self, name: str = "") -> bytes:
        """Return the certificate of a host as PEM, always the same for one name.

        Without a name it's for the loopback addresses.

        Raises:
            ValueError: The authority does not cover the name.
        """
        if name and not self.covers(name):
            raise ValueError(f"{name!r} is not below {' or '.join(self.tops)}")
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if not name:
            names = [x509.IPAddress(ipaddress.ip_address(address)) for address in LOOPBACK]
        ca = self.certificate_of_its_own
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(ca.subject)
            .public_key(self.hosts_key.public_key())
            # An authority must not use a number twice.
            .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]) + 1)
            .not_valid_before(ca.not_valid_before_utc)
            .not_valid_after(ca.not_valid_after_utc)
            # Critical, since the subject is empty (RFC 5280, section 4.2.1.6).
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(_for_servers(), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        return certificate.public_bytes(Encoding.PEM)


def authority(var_dir: Path, domains: Domains) -> Authority:
    """Return the authority for these domains; make it where there is no folder of it.

    Raises:
        CertificateError: There is a folder, and no authority in it that can be used.
        OSError: The folder cannot be made.
    """
    folder = folder_for(var_dir, domains)
    if not folder.exists():
        _make(folder, tops(domains))
    return read(var_dir, domains)


def read(var_dir: Path, domains: Domains, now: datetime | None = None) -> Authority:
    """Return the authority that has been made for these domains.

    Raises:
        CertificateError: There is none, or none that can be used.
    """
    folder, names = folder_for(var_dir, domains), tops(domains)
    try:
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        key, hosts_key = (
            load_pem_private_key((folder / name).read_bytes(), None) for name in (KEY, HOSTS_KEY)
        )
    except OSError as error:
        why = f"{Path(error.filename).name}: {error.strerror}"
        raise CertificateError(f"{folder} holds no authority ({why})") from None
    except (ValueError, TypeError):
        why = "a file in it is damaged, or none of the playground's"
        raise CertificateError(f"{folder} holds no authority ({why})") from None
    curve = ec.EllipticCurvePrivateKey
    if not isinstance(key, curve) or not isinstance(hosts_key, curve):
        raise CertificateError(f"{folder} holds no authority (a key is not the playground's)")
    if key.public_key() != certificate.public_key():
        raise CertificateError(f"{folder} holds no authority (certificate and key do not match)")
    if _constraints(certificate) != names:
        why = f"its certificate is not one that vouches for {', '.join(names)} and nothing else"
        raise CertificateError(f"{folder} holds no authority ({why})")
    if (now or datetime.now(UTC)) >= certificate.not_valid_after_utc:
        until = certificate.not_valid_after_utc.date()
        raise CertificateError(f"The authority in {folder} was good until {until}")
    return Authority(folder, names, certificate, key, hosts_key)


def _make(folder: Path, names: tuple[str, ...]) -> None:
    """Make an authority: all of it, or nothing where another process was faster."""
    fresh = Path(tempfile.mkdtemp(prefix=".https-", dir=folder.parent))
    try:
        key, hosts_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        certificate = _certificate_of_authority(key, names).public_bytes(Encoding.PEM)
        (fresh / CERTIFICATE).write_bytes(certificate)
        for name, secret in ((KEY, key), (HOSTS_KEY, hosts_key)):
            file = fresh / name
            file.touch(mode=0o600)
            file.write_bytes(
                secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _certificate_of_authority(
    key: ec.EllipticCurvePrivateKey, names: tuple[str, ...]
) -> x509.Certificate:
    # A name of its own, so that a new authority isn't mistaken for an older one.
    name = f"CSRF Playground on this machine, {secrets.token_hex(4)}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    # An hour ago, since clocks differ.
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    loopback = [x509.IPAddress(ipaddress.ip_network(net)) for net in ("127.0.0.0/8", "::1/128")]
    permitted = [*(x509.DNSName(top) for top in names), *loopback]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        # Addresses are named too, since a constraint on names alone says nothing of them.
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(_for_servers(), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _constraints(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the names that a certificate is constrained to; none where it may vouch for any."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return ()
    names = [
        subtree.value
        for subtree in found.value.permitted_subtrees or []
        if isinstance(subtree, x509.DNSName)
    ]
    return tuple(sorted(names)) if found.critical else ()


def _for_servers() -> x509.ExtendedKeyUsage:
    """No mail and no programs are signed in the authority's name."""
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
