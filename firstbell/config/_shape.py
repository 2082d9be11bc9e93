"""Questions about a model's fields: what may stand at a place, which values are lists, which are secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from firstbell.config._document import Place

Model = type[BaseModel]


def fields_of(model: Model) -> dict[str, FieldInfo]:
    """The fields of a model by the key they have in YAML."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, without None; anything else alone."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for part in get_args(annotation) if part is not type(None) for one in alternatives(part))
    return (annotation,)


def item_of(annotation: Any) -> Any:
    """What a list of this annotation holds; None when it is no list."""
    for one in alternatives(annotation):
        if get_origin(one) in (tuple, list, frozenset, set, Sequence):
            return get_args(one)[0]
    return None


def model_of(annotation: Any) -> Model | None:
    """The model that an annotation names, itself or among alternatives; None when there is none."""
    for one in alternatives(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def is_secret(annotation: Any) -> bool:
    """True when the value is kept as a secret."""
    return any(one in (SecretStr, SecretBytes) for one in alternatives(annotation))


def values_of(annotation: Any) -> Any:
    """What the values of a mapping of this annotation are; None when it is no mapping."""
    for one in alternatives(annotation):
        if get_origin(one) in (dict, Mapping):
            return get_args(one)[1]
    return None


def walk(annotation: Any, value: Any, place: Place = ()) -> Iterator[tuple[Place, Any, Any]]:
    """Every place that is both written and described, from the top down: place, annotation, value."""
    yield place, annotation, value
    model = model_of(annotation)
    if isinstance(value, dict):
        known = fields_of(model) if model else {}
        for key, inner in list(value.items()):
            expected = known[key].annotation if key in known else values_of(annotation)
            if expected is not None:
                yield from walk(expected, inner, (*place, key))
    elif isinstance(value, list) and (item := item_of(annotation)) is not None:
        for index, inner in enumerate(value):
            yield from walk(item, inner, (*place, index))


def description_at(model: Model, place: Place) -> str:
    """What the field at a place is for; empty where the models do not say."""
    annotation: Any = model
    text = ""
    for step in place:
        inner = model_of(annotation)
        if inner is not None and step in fields_of(inner):
            field = fields_of(inner)[str(step)]
            annotation, text = field.annotation, field.description or ""
        else:
            annotation = item_of(annotation) or values_of(annotation)
    return text


def model_at(model: Model, place: Place) -> Model | None:
    """The model that describes the mapping at a place."""
    annotation: Any = model
    for step in place:
        inner = model_of(annotation)
        known = fields_of(inner) if inner else {}
        annotation = known[str(step)].annotation if step in known else item_of(annotation) or values_of(annotation)
    return model_of(annotation)
