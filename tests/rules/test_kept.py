"""Which issues of a check are kept: all within a bound, or the first of each code, whatever the order they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

import importer
from importer.issues import Problem, find_code, make_issue
from importer.model import Where
from importer.rules import KeptIssues
from importer.tasks import validate as check

if TYPE_CHECKING:
    from pathlib import Path

ISSUES = st.lists(
    st.tuples(st.sampled_from(["duplicate-layer", "layer-gap", "title-row"]), st.none() | st.integers(0, 9))
)


@given(found=ISSUES, most=st.integers(1, 4))
def test_the_first_of_each_code_are_those_of_all(found: list[tuple[str, int | None]], most: int) -> None:
    """Kept in part, the issues are the first of the whole list, and the counts are those of all."""
    whole, part = KeptIssues(), KeptIssues(most)
    for number, (code, seq) in enumerate(found):
        issue = make_issue(Problem(find_code(code), f"number {number}"), Where("a.csv", row=number), seq=seq)
        whole.add((issue,))
        part.add((issue,))
    expected = [
        issue
        for at, issue in enumerate(whole.list_in_order())
        if [other.code for other in whole.list_in_order()[:at]].count(issue.code) < most
    ]
    assert list(part.list_in_order()) == expected
    assert part.counts == whole.counts


def test_a_check_kept_in_part_says_the_same_of_its_rows(tmp_path: Path) -> None:
    """What is kept changes neither counts nor verdicts."""
    path = tmp_path / "a.csv"
    path.write_text("sample_id,layer_id,formula\n" + "".join(f"{n % 7},{n},Xx{n % 3}\n" for n in range(100)))
    whole, part = importer.validate(path), check.validate(path, keep_frame=False, keep_issues=2)
    assert (part.rows, part.valid, part.counts, part.stacks) == (whole.rows, whole.valid, whole.counts, whole.stacks)
    assert sum(part.counts.values()) == len(whole.issues)
    assert {issue.code for issue in part.issues} == {issue.code for issue in whole.issues}
    assert len(part.issues) <= 2 * len(part.counts)
