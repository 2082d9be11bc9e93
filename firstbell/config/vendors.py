"""The short list of vendors whose public status pages a new district can read without a password."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from firstbell.catalog import CatalogEntry, CatalogFile, Key, load_catalog

PAGES = Path(__file__).with_name("vendor_pages.yaml")


class VendorPage(CatalogEntry):
    """One vendor's public status page; `words` are other names people type for it."""

    key: Key
    title: str
    url: str
    words: tuple[str, ...] = ()


class VendorPages(CatalogFile):
    """vendor_pages.yaml."""

    pages: tuple[VendorPage, ...]


@cache
def vendor_pages(path: Path = PAGES) -> tuple[VendorPage, ...]:
    """All known pages. Raises CatalogError."""
    return load_catalog(path, VendorPages).pages


def sort_out(names: Collection[str]) -> tuple[tuple[VendorPage, ...], tuple[str, ...]]:
    """Names of what runs, sorted into vendors with a known status page and all others.

    >>> [page.key for page in sort_out(["Canvas", "our finance server"])[0]]
    ['canvas_lms']
    """
    found: dict[str, VendorPage] = {}
    others: list[str] = []
    for name in filter(None, (" ".join(name.split()) for name in names)):
        said = name.casefold()
        page = next((page for page in vendor_pages() if said in (page.key, page.title.casefold(), *page.words)), None)
        if page:
            found[page.key] = page
        else:
            others.append(name)
    return tuple(found.values()), tuple(others)
