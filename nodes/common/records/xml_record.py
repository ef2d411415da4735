"""Records as XML 1.0 in GB 18030: one root, one element an item, foreign items as elements with a name and a value inside.

Canonical form: the declaration, then root and items on a line each, items indented by two spaces, in the order of the layout,
then this province's extra items, then the foreign ones; `&`, `<`, `>` and CR are escaped, nothing else. A text with characters
that XML 1.0 cannot hold (control characters, U+FFFE, U+FFFF) is written as base64 of its UTF-8 bytes and says so:
`<ZZXZ BM="base64">…</ZZXZ>`. Read are other orders, layouts and CDATA too.

Refused are every document type definition (so there are no entities to expand and no files to fetch), another declared
encoding than GB18030, other attributes, namespaces, text between the items, and an item that stands twice.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from nodes.common.records import gb18030
from nodes.common.records.mapping import Layout, Pair, Parts

if TYPE_CHECKING:
    from yrdx.v1 import resident_pb2

_DECLARATION = '<?xml version="1.0" encoding="GB18030"?>'
_DECLARED = re.compile(r"""<\?xml\s+version\s*=\s*["']1\.0["']\s+encoding\s*=\s*["']gb18030["']\s*\?>""", re.IGNORECASE)
_ELEMENT_NAME = re.compile(r"(?!xml)[A-Za-z_][A-Za-z0-9_.-]*", re.IGNORECASE | re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_BASE64 = {"BM": "base64"}


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """Codec of an XML record format; a `RecordCodec`.

    Attributes:
        layout: the table.
        root: name of the root element.
    """

    layout: Layout
    root: str

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.layout.format

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record in canonical form."""
        listed, name, value = self.layout.foreign
        parts = self.layout.take_apart(resident, legal=_is_element_name)
        items = [_element(*pair) for pair in parts.named]
        items += [f"<{listed}>{_element(name, n)}{_element(value, v)}</{listed}>" for n, v in parts.foreign]
        lines = [_DECLARATION, f"<{self.root}>", *(f"  {item}" for item in items), f"</{self.root}>", ""]
        return gb18030.encode("\n".join(lines))

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record; raises Refused(UNREADABLE_RECORD) for anything else."""
        try:
            return self.layout.put_together(self._parts(_parse(gb18030.decode(record))))
        except (ValueError, ET.ParseError) as exc:  # bad GB 18030, bad base64, half pairs; bad XML
            raise self.layout.unreadable() from exc

    def _parts(self, root: ET.Element) -> Parts:
        if root.tag != self.root:
            raise self.layout.unreadable()
        parts = Parts([], [])
        for child in _children(root):
            if child.tag == self.layout.foreign[0]:
                parts.foreign.append(self._foreign(child))
            elif _is_element_name(child.tag):
                parts.named.append((child.tag, _text(child)))
            else:
                raise self.layout.unreadable()
        return parts

    def _foreign(self, item: ET.Element) -> Pair:
        inside = _children(item)
        if tuple(child.tag for child in inside) != self.layout.foreign[1:]:
            raise self.layout.unreadable()
        return _text(inside[0]), _text(inside[1])


class _NoDoctype(ET.TreeBuilder):
    """Builds the tree of a document without a document type definition."""

    def doctype(self, _name: str, _public: str, _system: str) -> None:
        """Called at `<!DOCTYPE`, before anything in it is looked at."""
        msg = "a document type definition"
        raise ValueError(msg)


def _parse(document: str) -> ET.Element:
    if not _DECLARED.match(document):
        msg = "no XML declaration, or another encoding"
        raise ValueError(msg)
    # expat knows no GB 18030: it gets UTF-8 and is told that this counts, not the declaration.
    parser = ET.XMLParser(target=_NoDoctype(), encoding="utf-8")  # noqa: S314 - all XML attacks need a DTD
    parser.feed(document.encode())
    tree: ET.Element = parser.close()
    return tree


def _element(name: str, text: str) -> str:
    if _NOT_IN_XML.search(text):
        return f'<{name} BM="base64">{base64.b64encode(text.encode()).decode()}</{name}>'
    return f"<{name}>{text.translate(_ESCAPES)}</{name}>"


def _children(parent: ET.Element) -> list[ET.Element]:
    """The elements inside one that holds nothing else."""
    between = [parent.text, *(child.tail for child in parent)]
    if parent.attrib or any(text and text.strip(" \t\r\n") for text in between):
        msg = "text or attributes where elements belong"
        raise ValueError(msg)
    return list(parent)


def _text(leaf: ET.Element) -> str:
    """The text of an element that holds nothing else."""
    if len(leaf) or leaf.attrib not in ({}, _BASE64):
        msg = "elements or attributes where text belongs"
        raise ValueError(msg)
    text = leaf.text or ""
    return base64.b64decode(text, validate=True).decode() if leaf.attrib else text


def _is_element_name(name: str) -> bool:
    return _ELEMENT_NAME.fullmatch(name) is not None
