"""A certificate of one's own, for TLS on a machine that nobody else has to trust."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=397)  # the longest that browsers accept
LEFT = timedelta(days=30)


def keep(folder: Path, names: Sequence[str]) -> tuple[Path, Path]:
    """The certificate for these names and addresses, and its key, made in the folder where there is none or it soon ends."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not _is_good(certificate, names) or not key.exists():
        _make(certificate, key, names)
    return certificate, key


def _is_good(path: Path, names: Sequence[str]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return found.not_valid_after_utc > datetime.now(UTC) + LEFT and _names(names) == _names_of(found)


def _make(certificate: Path, key: Path, names: Sequence[str]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tickbox")])
    moment = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        who, who, private.public_key(), x509.random_serial_number(), moment - timedelta(hours=1), moment + LIFE
    )
    builder = builder.add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    plain = serialization.NoEncryption()
    secret = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    certificate.write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _names(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_name(name) for name in names]


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_of(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []
