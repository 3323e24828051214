"""Names of tracks and mixes in any script: clean them, compare them, and name files by them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: Format characters with a meaning inside a word: emoji sequences, Persian, Indic scripts.
_JOINERS = "\u200c\u200d"
#: Not of category Cf, and invisible all the same.
_BLANK = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"), " ")
#: Marks on Latin and Greek letters only: elsewhere, as in й, が or की, they make another letter.
_ACCENTS = re.compile(r"(?<=[a-z\u0370-\u03ff])[\u0300-\u036f]+")
#: Letters that have no decomposition, and spellings that are used for one another.
_SPELLINGS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"þ": "th", "ё": "е"}
)
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bc\uff07]")
#: Two to three bytes a letter leave room for what is appended to the name of a file.
_SLUG_BYTES = 80
#: No file system allows more in a name; what is appended to it counts as well.
_NAME_BYTES = 200
#: Devices of Windows, with any extension; and characters that some file system forbids.
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f/\\:*?"<>|]')


def visible(text: str) -> str:
    r"""Return a text in NFC without invisible characters, and with plain blanks.

    Bidirectional marks, zero-width characters and byte-order marks are removed, all other blanks
    and control characters become spaces, and lone surrogates ``U+FFFD``.

    Examples
    --------
    >>> visible("\u200e05:00\u00a0Ada\u200b - One")
    '05:00 Ada - One'
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text).translate(_BLANK)
    return "".join(_visible(character, text, at) for at, character in enumerate(text))


def _visible(character: str, text: str, at: int) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if category != "Cf":
        return character
    beside = text[at - 1 : at] + text[at + 1 : at + 2]
    joins = character in _JOINERS and len(beside) == 2 and not re.search(r"[\x00-\x7f\s]", beside)
    return character if joins else ""


def folded(text: str) -> str:
    """Return the form in which names are compared: NFKC, casefolded, without accents.

    Letters of all scripts are kept.

    Examples
    --------
    >>> folded("Ünder ＤＪ Кино")
    'under dj кино'
    """
    plain = unicodedata.normalize("NFKD", visible(text)).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    return unicodedata.normalize("NFKC", plain).translate(_SPELLINGS)


@lru_cache(maxsize=1 << 16)
def words(text: str) -> tuple[str, ...]:
    """Split a name into folded words of letters and digits, in any script.

    Examples
    --------
    >>> words("01 - Ünder feat. Ada (Don't)")
    ('01', 'under', 'feat', 'ada', 'dont')
    >>> words("Кино – Группа крови")
    ('кино', 'группа', 'крови')
    >>> words("!!!")
    ()
    """
    plain = folded(_APOSTROPHES.sub("", text))
    found = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in plain)
    return tuple(word for word in found.split() if any(map(str.isalnum, word)))


def slug(text: str, most_bytes: int = _SLUG_BYTES) -> str:
    """Join the words of a name with dashes, for the name of a file; ``""`` if there are none.

    Different names may have the same slug: append something unique.

    Examples
    --------
    >>> slug("Кино / Live: *2020*")
    'кино-live-2020'
    """
    raw = "-".join(words(text)).encode()[:most_bytes]
    return raw.decode("utf-8", errors="ignore").strip("-")


def is_file_name(name: str) -> bool:
    r"""Return True if any file system accepts a name, with an extension appended, in its folder.

    Examples
    --------
    >>> [is_file_name(name) for name in ("drums", "../drums", "/drums", "con", "a\0")]
    [True, False, False, False, False]
    """
    return not (
        not name.strip(" .")
        or name != name.strip()
        or name.endswith(".")
        or _FORBIDDEN.search(name)
        or _RESERVED.fullmatch(name)
        or len(name.encode("utf-8", "surrogatepass")) > _NAME_BYTES
    )
