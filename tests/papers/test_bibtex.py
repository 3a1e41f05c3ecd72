"""BibTeX from anywhere is read within bounds: of what its macros stand for, and of the work that an entry makes."""

from __future__ import annotations

from collections.abc import Iterator

from apercu.papers.bibtex import MOST_FROM_MACROS, Entry, _fields, read_bibtex

LONGEST = 2_000_000


def entries(text: str, longest: int = LONGEST) -> list[tuple[int, Entry | str]]:
    def lines() -> Iterator[tuple[int, bytes]]:
        yield from enumerate(text.encode().splitlines(keepends=True), 1)

    return list(read_bibtex(lines(), longest=longest))


def test_macros_of_macros_are_put_in_up_to_a_bound() -> None:
    ten = " # ".join(["a{}"] * 10)
    lines = ["@string{a0 = {0123456789}}", *(f"@string{{a{i} = {ten.format(*[i - 1] * 10)}}}" for i in range(1, 10))]
    found = entries("\n".join([*lines, "@article{x, title = a2}", "@article{y, title = a9 # a9}"]))
    refused = {line: problem for line, problem in found if isinstance(problem, str)}
    assert set(refused.values()) == {f"its macros stand for more than {MOST_FROM_MACROS:,} characters"}
    assert min(refused) == 5  # ten thousand characters are put in, a hundred thousand are not
    assert (11, ("x", {"title": "0123456789" * 100})) in found


def test_all_macros_together_are_bounded() -> None:
    text = "".join(f"@string{{m{i} = {{{'x' * 100}}}}}\n" for i in range(30))
    found = entries(text, longest=1_000)
    assert [line for line, _ in found] == list(range(11, 31))
    assert "all macros together are longer than 1,000 characters" in str(found[0][1])
    assert entries(("@string{m = {" + "x" * 900 + "}}\n") * 30, longest=1_000) == []  # the same one again


class Counted(str):
    """Text that counts the characters which are copied out of it."""

    copied = 0

    def __getitem__(self, key):
        part = str.__getitem__(self, key)
        Counted.copied += len(part)
        return part


def test_an_entry_is_read_without_copying_its_rest_for_every_field() -> None:
    # Of an entry of 1.9 MB, that was 300 GB; the work is counted here, since the time of a test says little.
    text = Counted("," + "a={b} # {c},\n" * 2_000)
    assert _fields(text, 1, {}) == "it does not end"
    assert Counted.copied < 3 * len(text)
