"""Reading the small XML parts that say what an archive holds. Document types and entities are refused."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from engage.kernel.filetypes.archives import DAMAGED
from engage.kernel.filetypes.kinds import Refused

Element = tuple[str, Mapping[str, str]]


def elements(part: bytes) -> list[Element]:
    """Return every element in order: its name and its attributes, both without their namespaces.

    Raises ``Refused`` for what is no well-formed XML and for a document type: with it entities could multiply.
    """
    found: list[Element] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        found.append((_local(name), {_local(key): value for key, value in attributes.items()}))

    def refuse(*_declared: object) -> None:
        raise Refused(DAMAGED)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(part, True)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise Refused(DAMAGED) from fault
    return found


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
