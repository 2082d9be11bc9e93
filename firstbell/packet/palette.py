"""The packet's colours, light and dark: one accent, and one colour a light.

Every ink reaches a contrast of 4.5 to 1 on its ground (WCAG 2.2, 1.4.3); colour never carries a meaning alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from firstbell.kpi import Light

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "panel": "#f2f6f8",
    "rule": "#d3dbe1",
    "ink": "#18222d",
    "muted": "#52606d",
    "accent": "#0b5a78",
    "met": "#1b6b40",
    "close": "#845400",
    "missed": "#a61b1b",
    "not_known": "#465260",
    "no_target": "#465260",
}

DARK: Mapping[str, str] = {
    "ground": "#11171d",
    "panel": "#1b242d",
    "rule": "#36434f",
    "ink": "#e9eef3",
    "muted": "#aab6c2",
    "accent": "#84cbe8",
    "met": "#7fd6a4",
    "close": "#f1bd62",
    "missed": "#ff9f95",
    "not_known": "#c3ccd6",
    "no_target": "#c3ccd6",
}

GROUNDS = ("ground", "panel")
INKS = tuple(name for name in LIGHT if name not in (*GROUNDS, "rule"))


def ink_of(light: Light) -> str:
    """The palette's name for a light: Light.NOT_KNOWN is "not_known"."""
    return light.name.lower()


def contrast(ink: str, ground: str) -> float:
    """The contrast ratio of two "#rrggbb" colours, 1 to 21 (WCAG 2.2, relative luminance).

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    brighter, darker = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
