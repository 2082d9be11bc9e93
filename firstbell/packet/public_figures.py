"""The figures that everybody may read: those that the instrument calls public, each with its goal and its light."""

from __future__ import annotations

from firstbell.assessment.instrument import Indicator
from firstbell.assessment.result import IndicatorResult
from firstbell.packet.figures import goal_text, judged_text
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, PublicFigure
from firstbell.packet.unknowns import reason_text


def public_figures(material: Material) -> tuple[PublicFigure, ...]:
    """The district's public figures in the instrument's order, the unknown ones too; none where nobody wants them."""
    if not material.district.public.figures:
        return ()
    judged = ((one, material.indicators[one.indicator]) for one in material.assessment.district)
    return tuple(_figure(material, result, indicator) for result, indicator in judged if indicator.audience == "public")


def _figure(material: Material, result: IndicatorResult, indicator: Indicator) -> PublicFigure:
    words, kpi, judged = material.wording, result.kpi, result.target.in_force
    return PublicFigure(
        audience=Audience.PUBLIC,
        title=indicator.title,
        value=judged_text(result, material) if kpi.known else reason_text(kpi, material),
        goal=goal_text(result, words) if judged else "",
        light=result.light,
        as_of=words.moment(kpi.as_of) if kpi.known else "",
        judged=judged,
        reached=result.attainment,
    )
