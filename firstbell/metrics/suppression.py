"""Small groups are not shown: a figure must not be able to point at a person (truth rule 7)."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.kpi import Availability, Kpi
from firstbell.metrics.figure import withheld
from firstbell.policies import SuppressionPolicy


def suppressed(kpi: Kpi, people: int | None, policy: SuppressionPolicy) -> Kpi:
    """`kpi` with its numbers taken away when fewer people than the minimum stand behind it.

    `people` None means that the figure is not about people.
    """
    if people is None or people >= policy.small_group_minimum or not kpi.known:
        return kpi
    return withheld(kpi, Availability.SUPPRESSED, f"Fewer than {policy.small_group_minimum} people stand behind it.")


def complementary(kpis: Sequence[Kpi], people: Sequence[int | None]) -> list[Kpi]:
    """Hide one more group where exactly one of a shown total is hidden, since the total gives it away.

    The smallest group that still shows is the one to hide. `people` are the groups' sizes, in the same order.
    """
    groups = list(kpis)
    hidden = [kpi for kpi in groups if kpi.availability is Availability.SUPPRESSED]
    shown = [index for index, kpi in enumerate(groups) if kpi.known and people[index] is not None]
    if len(hidden) == 1 and shown:
        smallest = min(shown, key=lambda index: (people[index] or 0, groups[index].scope))
        reason = "Shown, it would give away the one smaller group that is hidden."
        groups[smallest] = withheld(groups[smallest], Availability.SUPPRESSED, reason)
    return groups
