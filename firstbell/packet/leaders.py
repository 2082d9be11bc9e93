"""Education Technology leaders in print: to the team how many schools have one on pace, to each what is their own.

Hours of one leader are nobody else's business: they stand on that leader's own cover alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from firstbell.metrics.figure import DISTRICT
from firstbell.metrics.people_formulas import leader_paces
from firstbell.packet.material import Material, Reader
from firstbell.packet.model import Column, Line, Row, Table
from firstbell.packet.wording import Wording

MOST_PARTS = 2
"""What a leader's own hours were for, in parts; the smaller ones are told together."""


def leaders_line(material: Material) -> Line | None:
    """Schools with a leader on pace in hours and district meetings; None where nobody keeps the hours.

    None for one school too: there it tells of one person.
    """
    paces = leader_paces(material.facts, {})
    if not paces or material.scope != DISTRICT:
        return None
    covered = {pace.school_key for pace in paces if pace.on_pace}
    words, schools = material.wording, material.facts.schools
    share = words.share(sum(school in covered for school in schools), len(schools))
    return Line(item="leaders", text=words.say("leaders_line", share=share))


def leaders_table(material: Material) -> Table | None:
    """All leaders' hours together by what they were for; only where they are too many to be told apart."""
    each = {pace.leader_key: pace for pace in leader_paces(material.facts, {}) or ()}
    if len(each) < material.facts.policies.suppression.small_group_minimum:
        return None
    hours: Counter[str] = Counter()
    for pace in each.values():
        hours.update(pace.by_category)
    words = material.wording
    rows = tuple(
        Row(cells=(words.say(f"hours_{category}"), words.quantity(amount, "hours")))
        for category, amount in sorted(hours.items(), key=lambda one: (-one[1], one[0]))
    )
    columns = (Column(title=words.say("column_hours_for")), Column(title=words.say("column_hours"), numeric=True))
    return Table(caption=words.say("leaders_caption", n=len(each)), columns=columns, rows=rows)


def own_hours(material: Material, reader: Reader) -> str:
    """A leader's own hours against what is due by now, by category; empty for everybody else."""
    paces = leader_paces(material.facts, {}) or ()
    mine = next((pace for pace in paces if pace.leader_key == reader.person_key), None)
    if mine is None:
        return ""
    words = material.wording
    return words.say(
        "own_hours",
        hours=words.quantity(mine.hours, "hours"),
        due=words.quantity(round(mine.hours_due, 1), "hours"),
        split=_split(words, mine.by_category),
        attended=words.number(mine.meetings),
        meetings=words.number(mine.meetings_due),
    )


def _split(words: Wording, hours: Mapping[str, float]) -> str:
    if not hours:
        return words.say("own_hours_none")
    ranked = sorted(hours.items(), key=lambda one: (-one[1], one[0]))
    # One small part takes no more room by its own name than as the rest.
    kept = MOST_PARTS if len(ranked) > MOST_PARTS + 1 else len(ranked)
    parts = [
        words.say("hours_part", category=words.say(f"hours_{category}"), hours=words.quantity(amount, "hours"))
        for category, amount in ranked[:kept]
    ]
    rest = sum(amount for _, amount in ranked[kept:])
    return words.listed([*parts, words.say("hours_rest", hours=words.quantity(rest, "hours"))] if rest else parts)
