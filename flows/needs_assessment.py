"""On demand or by date: assess the needs over the last thirty days."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.assess import assess_needs
from tasks.options import AssessmentOptions
from tasks.show import assessment_state, show_assessment
from tasks.slots import past_asked, told_in_a_sentence


@flow(name="needs-assessment")
@told_in_a_sentence
def needs_assessment(options: AssessmentOptions = AssessmentOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Measure every indicator with what was known at a moment, and keep the result."""
    assessed = assess_needs(past_asked(options.as_of))
    show_assessment(assessed)
    return assessment_state(assessed)
