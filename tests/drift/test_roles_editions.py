"""Who may see what by role is written down: here once more, so that nobody's edition changes unnoticed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from firstbell.catalog import Role, load_roles

EDITION_OF = {
    "team_leader": "leadership",
    "superintendent": "leadership",
    "administrator": "leadership",
    "principal": "representative",
    "it_lead": "technical",
    "it_technician": "technical",
    "instructional_technology_coordinator": "leadership",
    "data_security_specialist": "technical",
    "digital_learning_specialist": "representative",
    "education_technology_leader": "representative",
    "teacher_representative": "representative",
    "student_representative": "representative",
    "parent_representative": "representative",
    "community_representative": "representative",
    "librarian": "representative",
}


def test_every_role_is_given_its_edition_by_name() -> None:
    assert {role.key: role.edition.value for role in load_roles().roles} == EDITION_OF


def test_a_role_without_an_edition_is_refused() -> None:
    plain = load_roles().role("librarian").model_dump(exclude={"edition"})
    with pytest.raises(ValidationError, match="edition"):
        Role.model_validate(plain)
