"""Characters of plots: verbatim text, and fonts for scripts that matplotlib's own font lacks."""

from __future__ import annotations

import unicodedata
from functools import cache

#: Font that matplotlib includes: Latin, Greek, Cyrillic, Arabic and Hebrew, but no CJK.
FONT = "DejaVu Sans"
#: Common fonts with other scripts, of which the installed ones are used.
_FALLBACKS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "Source Han Sans",
    "Droid Sans Fallback",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "IPAexGothic",
    "TakaoPGothic",
    "NanumGothic",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "MS Gothic",
    "SimHei",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Nirmala UI",
    "Leelawadee UI",
    "Segoe UI Symbol",
    "Noto Sans Symbols2",
    "Symbola",
)
#: Replacement for a character that no font has.
_MISSING = "□"
_LEFT_TO_RIGHT = "\u200e"


def verbatim(text: str) -> str:
    """Prepare any text for matplotlib, which interprets ``$`` and warns of missing glyphs.

    Control characters become spaces. A character that no font has is reduced to its base letter,
    or becomes a box.

    Parameters
    ----------
    text : str
        Such as a file name.
    """
    shown = "".join(map(_shown, text))
    # Right-to-left names must not reverse the order of "A → B".
    mixed = any(unicodedata.bidirectional(character) in ("R", "AL") for character in shown)
    return f"{_LEFT_TO_RIGHT}{shown}" if mixed else shown


@cache
def fallback_families() -> tuple[str, ...]:
    """Return the installed fonts that supplement :data:`FONT`."""
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return tuple(name for name in _FALLBACKS if name in installed)


@cache
def _shown(character: str) -> str:
    if character == "$":
        return r"\$"
    if character == "\n":
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
        return " " if character.isspace() else ""
    if _has_glyph(character):
        return character
    base = unicodedata.normalize("NFKD", character)
    kept = "".join(c for c in base if not unicodedata.combining(c))
    return kept if kept != character and all(map(_has_glyph, kept)) else _MISSING


def _has_glyph(character: str) -> bool:
    return any(ord(character) in _characters(name) for name in (FONT, *fallback_families()))


@cache
def _characters(family: str) -> frozenset[int]:
    """Return the code points of which a font has both the regular and the bold glyph."""
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    fonts = (FontProperties(family=[family], weight=weight) for weight in ("normal", "bold"))
    regular, bold = (get_font(fontManager.findfont(font)).get_charmap() for font in fonts)
    return frozenset(regular) & frozenset(bold)
