"""One authority for each set of domains, for hosts below those alone, and their certificates."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from catalogue.addresses import Domains
from tools import certificates
from tools.certificates import Authority, CertificateError, authority, read

DEFAULT = Domains()
ELSEWHERE = Domains("play.example.net", "bank.test", "evil.example")
LAB = "csrf-token.bank.localhost"
NAMES = [
    "localhost",
    "playground.localhost",
    "evil.localhost",
    LAB,
    f"community.{LAB}",
    f"{LAB}.evil.localhost",
]
FOREIGN = ["example.com", "localhost.example.com", "evillocalhost", ".localhost", "a..localhost"]
FOREIGN += ["LOCALHOST", "*.localhost", "a.localhost.", f"{'a' * 64}.localhost", "127.0.0.1"]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("var"), DEFAULT)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority of other domains."""
    return authority(tmp_path_factory.mktemp("var"), ELSEWHERE)


def shake_hands(ours: Authority, pem: bytes, name: str, folder: Path) -> None:
    """Let a client that trusts the authority meet a server with this certificate.

    Raises:
        ssl.SSLError: The client turns it down.
    """
    file = folder / "certificate.pem"
    file.write_bytes(pem)
    at_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    at_server.load_cert_chain(file, ours.hosts_key_file)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=ours.file).wrap_bio(
        to_client, to_server, server_hostname=name
    )
    server = at_server.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_trusts_the_authority_trusts_every_host(
    ours: Authority, name: str, tmp_path: Path
) -> None:
    shake_hands(ours, ours.certificate(name), name, tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        shake_hands(ours, ours.certificate(name), "another.localhost", tmp_path)


@pytest.mark.parametrize("address", certificates.LOOPBACK)
def test_without_a_name_it_is_for_the_loopback_addresses(
    ours: Authority, address: str, tmp_path: Path
) -> None:
    shake_hands(ours, ours.certificate(), address, tmp_path)


@pytest.mark.parametrize("name", FOREIGN)
def test_no_other_name_gets_a_certificate(ours: Authority, name: str) -> None:
    with pytest.raises(ValueError, match="not below localhost"):
        ours.certificate(name)


@pytest.mark.parametrize(
    "name",
    [
        "play.example.net",
        "no-defense.bank.test",
        "community.no-defense.bank.test",
        "no-defense.bank.test.evil.example",
    ],
)
def test_another_authority_is_for_the_configured_domains(
    theirs: Authority, name: str, tmp_path: Path
) -> None:
    shake_hands(theirs, theirs.certificate(name), name, tmp_path)


@pytest.mark.parametrize("name", ["bank.localhost", "localhost", "example.net", "other.test"])
def test_another_authority_has_none_for_any_other_name(theirs: Authority, name: str) -> None:
    with pytest.raises(ValueError, match=r"not below bank\.test or evil\.example or play"):
        theirs.certificate(name)


@pytest.mark.parametrize("name", ["bank.example", "other.test", "example.net", "bank.localhost"])
def test_a_stolen_key_vouches_for_no_other_name(
    theirs: Authority, name: str, tmp_path: Path
) -> None:
    forged = replace(theirs, tops=(name,)).certificate(name)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(theirs, forged, name, tmp_path)


def test_a_stolen_key_vouches_for_no_other_machine(
    ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LOOPBACK", ("192.0.2.1",))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(ours, ours.certificate(), "192.0.2.1", tmp_path)


def test_each_set_of_domains_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = {
        authority(tmp_path, domains).folder
        for domains in (DEFAULT, ELSEWHERE, replace(ELSEWHERE, evil="evil.test"))
    }
    assert len(folders) == 3
    assert tmp_path / "https" in folders
    mine = replace(DEFAULT, bank="mybank.localhost")
    assert authority(tmp_path, mine).folder == tmp_path / "https"


def test_an_authority_of_other_domains_is_never_used(tmp_path: Path) -> None:
    theirs = authority(tmp_path, ELSEWHERE)
    theirs.folder.rename(tmp_path / "https")
    with pytest.raises(CertificateError, match="vouches for localhost and nothing else"):
        authority(tmp_path, DEFAULT)


def test_a_host_has_one_certificate_whoever_makes_it(ours: Authority) -> None:
    again = read(ours.folder.parent, DEFAULT)
    assert again is not ours
    pems = {again.certificate(name) for name in NAMES}
    assert pems == {ours.certificate(name) for name in NAMES}
    serials = {x509.load_pem_x509_certificate(pem).serial_number for pem in pems}
    assert len(serials) == len(NAMES)


def test_a_certificate_lasts_no_longer_than_apple_allows(ours: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(ours.certificate(LAB))
    assert certificate.not_valid_before_utc < datetime.now(UTC)
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasts < timedelta(days=825)


def test_the_keys_are_for_their_owner_alone(ours: Authority) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in ours.folder.iterdir()}
    assert modes["ca-key.pem"] == modes["hosts-key.pem"] == 0o600
    assert sorted(modes) == ["ca-key.pem", "ca.pem", "hosts-key.pem"]
    assert [file.name for file in ours.folder.parent.iterdir()] == ["https"]


def test_the_authority_is_kept(tmp_path: Path) -> None:
    first = authority(tmp_path, DEFAULT).file.read_bytes()
    assert authority(tmp_path, DEFAULT).file.read_bytes() == first


def test_two_authorities_have_different_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = (authority(tmp_path / name, DEFAULT).certificate_of_its_own for name in ("a", "b"))
    assert one.subject != other.subject


def test_whoever_makes_it_second_takes_the_first_ones(tmp_path: Path) -> None:
    first = authority(tmp_path, DEFAULT).file.read_bytes()
    certificates._make(tmp_path / "https", ("localhost",))
    assert (tmp_path / "https" / "ca.pem").read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["https"]


def replaced(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def another_authority(folder: Path) -> None:
    another = authority(folder.parent, ELSEWHERE).file
    (folder / "ca.pem").write_bytes(another.read_bytes())


def a_foreign_authority(folder: Path) -> None:
    foreign = trustme.CA()
    foreign.cert_pem.write_to_path(folder / "ca.pem")
    foreign.private_key_pem.write_to_path(folder / "ca-key.pem")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "ca.pem").unlink(), "ca.pem: No such file"),
        (lambda folder: (folder / "ca-key.pem").unlink(), "ca-key.pem: No such file"),
        (replaced("ca.pem", b""), "damaged"),
        (replaced("hosts-key.pem", b"-----BEGIN PRIVATE KEY-----\n"), "damaged"),
        (another_authority, "do not match"),
        (a_foreign_authority, "vouches for localhost and nothing else"),
    ],
)
def test_a_folder_with_something_else_is_refused_with_the_reason(
    tmp_path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    folder = tmp_path / "https"
    authority(tmp_path, DEFAULT)
    spoil(folder)
    with pytest.raises(CertificateError, match=f"{folder} holds no authority .*{why}"):
        authority(tmp_path, DEFAULT)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "https").touch()
    with pytest.raises(CertificateError, match="Not a directory"):
        authority(tmp_path, DEFAULT)


def test_an_authority_whose_time_is_over_is_refused(ours: Authority) -> None:
    end = ours.certificate_of_its_own.not_valid_after_utc
    read(ours.folder.parent, DEFAULT, end - timedelta(days=1))
    with pytest.raises(CertificateError, match=f"was good until {end.date()}"):
        read(ours.folder.parent, DEFAULT, end)
