"""What can be said of the locked packages without asking anybody: pins, hashes, licences."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from typing import Any, cast

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?P<rest>.*)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
_EXACT = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_GOOD_LICENCES = (
    "0bsd", "any-osi", "apache", "blueoak", "bsd", "cc-by", "cc0", "dfsg", "isc", "mit", "mozilla", "mpl", "psf",
    "python software foundation", "python-2.0", "unlicense", "wtfpl",
)  # fmt: skip
"""Beginnings of names that allow use and distribution beside MIT code; what only the tools use counts as well."""

_READ_BY_HAND = {
    "@modelcontextprotocol/inspector": "Apache-2.0 AND MIT", "huey": "MIT", "litequeue": "MIT", "resvg-py": "MIT",
}  # fmt: skip
"""Packages that declare no name of a licence but bring its text."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock file."""

    name: str
    version: str


def read_requirements(text: str) -> tuple[list[Pin], list[str]]:
    """The pins of a pip lock file, and what is wrong with it, one sentence each."""
    pins: list[Pin] = []
    complaints: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _PIN.fullmatch(line)
        if found is None:
            complaints.append(f"not an exact pin: {line[:80]}")
            continue
        pin = Pin(normal(found["name"]), found["version"])
        if not _HASH.search(found["rest"]):
            complaints.append(f"{pin.name} has no sha256")
        pins.append(pin)
    return pins, complaints + _doubled(pin.name for pin in pins)


def read_npm(text: str) -> tuple[list[Pin], dict[str, str], list[str]]:
    """The pins of an npm lock file, the licence that each declares, and what is wrong, one sentence each."""
    pins: list[Pin] = []
    licences: dict[str, str] = {}
    complaints: list[str] = []
    packages = cast("Mapping[str, Mapping[str, Any]]", json.loads(text)["packages"])
    for path, package in packages.items():
        if not path:
            wanted = cast("Mapping[str, str]", package.get("dependencies", {}))
            complaints += [f"{name} {at} is not exact" for name, at in wanted.items() if not _EXACT.fullmatch(at)]
            continue
        pin = Pin(path.rpartition("node_modules/")[2], str(package["version"]))
        if not str(package.get("integrity", "")).startswith("sha512-"):
            complaints.append(f"{pin.name} has no sha512")
        pins.append(pin)
        licences[pin.name] = str(package.get("license", ""))
    return pins, licences, complaints


def not_as_locked(pins: Iterable[Pin], installed: Mapping[str, str]) -> list[str]:
    """Packages whose installed version is another; those that are not installed belong to other platforms."""
    return [
        f"{pin.name} {pin.version} is locked, {installed[pin.name]} is installed"
        for pin in pins
        if installed.get(pin.name, pin.version) != pin.version
    ]


def licence_of(distribution: Distribution) -> str:
    """What a package says of its licence, in the most exact of the three ways; empty when it says nothing."""
    metadata = distribution.metadata
    fields = cast("Mapping[str, str]", metadata.json)
    lines = cast("Sequence[str]", metadata.get_all("Classifier") or ())
    classified = [line.rpartition("::")[2].strip() for line in lines if line.startswith("License ::")]
    free_text = str(fields.get("license") or "").strip().partition("\n")[0]
    return str(fields.get("license_expression") or "") or ", ".join(classified) or free_text


def questionable(licences: Mapping[str, str]) -> list[str]:
    """Packages whose licence is missing or not among those that are known to be fine."""
    complaints: list[str] = []
    for name, text in sorted(licences.items()):
        told = _READ_BY_HAND.get(normal(name) if not name.startswith("@") else name, text)
        choices = re.split(r"\s+or\s+", told.lower().strip("() "))
        if not any(_is_good(choice) for choice in choices):
            complaints.append(f"{name}: licence {text!r} is not among the known ones")
    return complaints


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_good(text: str) -> bool:
    parts = [part.strip("() ") for part in re.split(r"\s+and\s+|,", text)]
    return all(part.startswith(_GOOD_LICENCES) for part in parts)


def _doubled(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    doubled: list[str] = []
    for name in names:
        if name in seen:
            doubled.append(f"{name} stands there twice")
        seen.add(name)
    return doubled
