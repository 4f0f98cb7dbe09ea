"""What the cells of an unused column give away."""

from __future__ import annotations

import pytest

from importer.columns.headers.evidence import is_orientation_column


@pytest.mark.parametrize(
    "texts",
    [
        {"001", "110"},
        {"001", "[001]", "1 1 0"},
        {"(100)", "(11-20)"},
        {"001", "amorphous", "-"},
        {"001", "n/a"},
        {"001", "1"},
        {"(110)", "11", "10"},
    ],
    ids=lambda texts: ",".join(sorted(texts)),
)
def test_indices_as_people_write_them_are_seen(texts: set[str]) -> None:
    """Indices with brackets, blanks or a leading nought are seen, also beside lost noughts and words."""
    assert is_orientation_column(texts)


@pytest.mark.parametrize(
    "texts",
    [
        {"1"},
        {"001", "1", "2"},
        {"100", "200"},
        {"110"},
        {"001", "900"},
        {"001", "002", "003"},
        {"001", "Si"},
        {"-"},
        set(),
    ],
    ids=lambda texts: ",".join(sorted(texts)),
)
def test_plain_numbers_are_not_taken_for_indices(texts: set[str]) -> None:
    """Temperatures, times and run numbers stay what they are, though some would read as indices."""
    assert not is_orientation_column(texts)
