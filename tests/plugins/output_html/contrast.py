"""The contrast of two colours (WCAG 2.2, success criterion 1.4.3)."""

from __future__ import annotations


def ratio(one: str, other: str) -> float:
    """From 1 to 21, of two colours written ``#rrggbb`` or ``#rgb``."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def inverted(colour: str) -> str:
    """The colour that a mail program makes of it when it inverts lightness by channel."""
    return "#" + "".join(f"{255 - channel:02x}" for channel in _channels(colour))


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if (value := channel / 255) <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[int]:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]
