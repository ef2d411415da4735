"""GB 18030-2022, the national character set that Chinese government systems must support (in force since 2023-08-01).

It reaches all of Unicode, in one, two or four bytes. Python's codec is the edition of 2000; later editions gave 19 characters,
which had only private-use code points then, the code points that Unicode has for them, among them the ideographs U+9FB4 to
U+9FBB, and the private ones took over the freed four-byte places. So both editions differ by an exchange in 19 pairs, and one
`translate` around Python's codec makes up for it (agrees with Java's GB18030 for every code point).
"""

from __future__ import annotations

_PAIRS = (
    ("\u1e3f", "\ue7c7"),
    ("\u9fb4", "\ue81e"),
    ("\u9fb5", "\ue826"),
    ("\u9fb6", "\ue82b"),
    ("\u9fb7", "\ue82c"),
    ("\u9fb8", "\ue832"),
    ("\u9fb9", "\ue843"),
    ("\u9fba", "\ue854"),
    ("\u9fbb", "\ue864"),
    ("\ufe10", "\ue78d"),
    ("\ufe11", "\ue78f"),
    ("\ufe12", "\ue78e"),
    ("\ufe13", "\ue790"),
    ("\ufe14", "\ue791"),
    ("\ufe15", "\ue792"),
    ("\ufe16", "\ue793"),
    ("\ufe17", "\ue794"),
    ("\ufe18", "\ue795"),
    ("\ufe19", "\ue796"),
)
_EXCHANGED = str.maketrans(dict(_PAIRS) | {private: public for public, private in _PAIRS})


def encode(text: str) -> bytes:
    """The bytes of a text; every text without half surrogate pairs has some."""
    return text.translate(_EXCHANGED).encode("gb18030")


def decode(data: bytes) -> str:
    """The text of the bytes.

    Raises:
        UnicodeDecodeError: when they are not GB 18030.
    """
    return data.decode("gb18030").translate(_EXCHANGED)
