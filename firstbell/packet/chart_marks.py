"""What the charts are drawn with: boxes, rules and labels as SVG, numbers as print shows them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from firstbell.packet.palette import LIGHT
from firstbell.packet.wording import whole_percent

SIZE = 8.0
"""The size of a drawing's letters, in points."""
LETTER = 0.53 * SIZE
"""About how wide a letter is."""
ROW, BAR = 15.0, 9.0
"""How far rows stand apart, and how high a bar or a cell is."""


def number(value: float, unit: str = "") -> str:
    """A value as its label with its unit: at most one decimal, thousands set apart.

    Percent are whole, as everywhere in the packet: 100 % means all, and a little is not 0 %.

    >>> number(1890.0), number(2.25), number(-0.04), number(99.9, "%"), number(0.4, "%")
    ('1,890', '2.2', '0', '99 %', '<1 %')
    """
    if unit == "%":
        whole = whole_percent(value / 100)
        return f"{whole:,} %" if whole or not value else "<1 %"
    rounded = round(value, 1) + 0.0
    shown = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return f"{shown} {unit}".strip()


def box(left: float, top: float, width: float, height: float, fill: str) -> str:
    """A filled box; "hatch" as its fill is the pattern."""
    paint = "url(#hatch)" if fill == "hatch" else LIGHT[fill]
    edge = f' stroke="{LIGHT["accent"]}" stroke-width="0.8"' if fill == "hatch" else ""
    place = f'x="{n(left)}" y="{n(top)}" width="{n(width)}" height="{n(height)}"'
    return f'<rect {place} fill="{paint}"{edge}/>'


def area(left: float, top: float, right: float, bottom: float) -> str:
    """A tinted field that lines and letters stand on."""
    place = f'x="{n(left)}" y="{n(top)}" width="{n(right - left)}" height="{n(bottom - top)}"'
    return f'<rect {place} fill="{LIGHT["panel"]}"/>'


def rule(left: float, top: float, right: float, bottom: float, colour: str, dashes: str) -> str:
    """A thin line, dashed where dashes are given."""
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = f'x1="{n(left)}" y1="{n(top)}" x2="{n(right)}" y2="{n(bottom)}"'
    return f'<line {ends} stroke="{LIGHT[colour]}" stroke-width="0.8"{dash}/>'


def lettering(
    left: float, top: float, words: str, anchor: str = "start", colour: str = "ink", *, weight: bool = False
) -> str:
    """A piece of text; `top` is its base line."""
    place = f'x="{n(left)}" y="{n(top)}" text-anchor="{anchor}"'
    bold = ' font-weight="600"' if weight else ""
    return f'<text {place} fill="{LIGHT[colour]}"{bold}>{escape(words.strip())}</text>'


def unknown_bar(left: float, top: float, width: float, height: float) -> list[str]:
    """The place of what is not known: an empty frame with dashed edges, which no value looks like."""
    place = f'x="{n(left)}" y="{n(top)}" width="{n(width)}" height="{n(height)}"'
    return [f'<rect {place} fill="none" stroke="{LIGHT["muted"]}" stroke-width="0.7" stroke-dasharray="2 2"/>']


def room_for(labels: Sequence[str], width: float) -> tuple[float, int]:
    """Where the drawing begins to the right of its rows' labels, and how many letters a label may have."""
    letters = min(max((len(label) for label in labels), default=0), int(0.5 * width / LETTER))
    return letters * LETTER + 8, letters


def short(words: str, longest: int) -> str:
    """The words, cut with an ellipsis where they are too long."""
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}\u2026"


def n(value: float) -> str:
    """A length with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def strokes(spots: Sequence[tuple[float, float] | None], dashes: str) -> list[str]:
    """The line in its unbroken stretches; a value between two gaps is a dot."""
    body: list[str] = []
    stretch: list[tuple[float, float]] = []
    for spot in [*spots, None]:
        if spot is not None:
            stretch.append(spot)
        elif stretch:
            path = " ".join(f"{n(x)},{n(y)}" for x, y in stretch)
            dash = f' stroke-dasharray="{dashes}"' if dashes else ""
            body.append(f'<polyline points="{path}" fill="none" stroke="{LIGHT["accent"]}" stroke-width="1.6"{dash}/>')
            x, y = stretch[-1]
            body.append(f'<circle cx="{n(x)}" cy="{n(y)}" r="2.1" fill="{LIGHT["accent"]}"/>')
            stretch = []
    return body


PATTERNS = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="5" height="5" fill="#ffffff"/><line x1="0" y1="0" x2="0" y2="5" stroke="{LIGHT["accent"]}" '
    'stroke-width="2"/></pattern></defs>'
)
