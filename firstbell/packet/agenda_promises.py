"""What is said of the team's promises beside their count: the latest one, and what is not due yet."""

from __future__ import annotations

from firstbell.packet.material import Material
from firstbell.packet.model import Line
from firstbell.packet.summary import action_line, due_actions


def promise_lines(material: Material) -> list[Line]:
    """Which open promise is the latest and who looks after it; how many others are open and not due."""
    words, open_ones = material.wording, [one for one in material.actions if one.state == "open"]
    late = [action_line(material, one) for one in due_actions(material) if one.state == "open"]
    lines = []
    if late:
        worst = max(late, key=lambda one: one.days_late)
        text = words.say("latest_action", number=worst.number, title=worst.title, n=worst.days_late, owner=worst.owner)
        lines.append(Line(item="actions.latest", text=text, weight=3))
    if ahead := len(open_ones) - len(late):
        lines.append(Line(item="actions.ahead", text=words.say("actions_ahead", n=ahead)))
    return lines
