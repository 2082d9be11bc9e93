"""The one table of formula names: what a record of the needs catalogue may name, and the code that answers it.

Every formula has the same shape: it takes the night's facts, the record's own parameters and a scope ("district" or
"school:<key>"), and returns one figure. Unknown or missing parameters are errors of the catalogue, told in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firstbell.kpi import Kpi
from firstbell.metrics.facts import Facts
from firstbell.metrics.measure_formulas import MEASURE_FORMULAS
from firstbell.metrics.operation_formulas import OPERATION_FORMULAS
from firstbell.metrics.people_formulas import PEOPLE_FORMULAS

Formula = Callable[[Facts, Mapping[str, Any], str], Kpi]

FORMULAS: dict[str, Formula] = {**MEASURE_FORMULAS, **OPERATION_FORMULAS, **PEOPLE_FORMULAS}
