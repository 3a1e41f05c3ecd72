"""Files of papers: every good record comes in, every bad one is told with its line."""

import gzip
import json
import tracemalloc

import pytest
from some_papers import paper

from apercu.errors import InputError
from apercu.papers import importers
from apercu.papers.importers import Found, Problem, import_file, read_papers
from apercu.papers.kinds import arxiv_year
from apercu.papers.sqlite_index import SqliteIndex

ARXIV = {
    "id": "2012.09161", "title": "Learning Continuous\n Image Representation", "abstract": "  How to\n represent. ",
    "categories": "cs.CV eess.IV", "doi": None, "update_date": "2021-04-01", "authors": "Somebody",
}  # fmt: skip
OURS = {"arxiv_id": "2509.25998", "title": "Editing", "abstract": "Text.", "categories": ["cs.CV"]}
OPENALEX = {
    "id": "https://openalex.org/W42", "display_name": "A Title", "title": None, "publication_year": 2018,
    "doi": "https://doi.org/10.1/abc", "abstract_inverted_index": {"again": [2], "Words": [0], "and": [1]},
    "topics": [{"display_name": "Image Processing"}],
}  # fmt: skip
SCHOLAR = {
    "corpusid": 7, "externalids": {"ArXiv": "1707.02921", "DOI": None}, "title": "Enhanced", "year": 2017,
    "abstract": None, "s2fieldsofstudy": [{"category": "Computer Science"}, {"category": "Computer Science"}],
}  # fmt: skip


def written(path, *records):
    lines = [record if isinstance(record, (str, bytes)) else json.dumps(record) for record in records]
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n")
    return path


def only(path):
    [found] = read_papers(path)
    assert isinstance(found, Found), found
    return found.paper


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            ARXIV,
            paper(
                "arxiv:2012.09161", "Learning Continuous Image Representation", "How to represent.", year=2020,
                arxiv="2012.09161", links=("https://arxiv.org/abs/2012.09161",), categories=("cs.CV", "eess.IV"),
                source="arXiv",
            ),
        ),
        (
            OURS,
            paper(
                "arxiv:2509.25998", "Editing", "Text.", year=2025, arxiv="2509.25998",
                links=("https://arxiv.org/abs/2509.25998",), categories=("cs.CV",), source="arXiv",
            ),
        ),
        (
            OPENALEX,
            paper(
                "openalex:W42", "A Title", "Words and again", year=2018, doi="10.1/abc",
                links=("https://doi.org/10.1/abc",), categories=("Image Processing",), source="OpenAlex",
            ),
        ),
        (
            SCHOLAR,
            paper(
                "s2:7", "Enhanced", "", year=2017, arxiv="1707.02921", links=("https://arxiv.org/abs/1707.02921",),
                categories=("Computer Science",), source="Semantic Scholar",
            ),
        ),
    ],
)  # fmt: skip
def test_each_kind_of_record_is_read(tmp_path, record, expected):
    assert only(written(tmp_path / "papers.jsonl", record)) == expected


def test_an_indexs_own_records_come_back_as_they_were(tmp_path):
    own = paper("x", "T", "A", year=2001, links=("https://a.example",), source="somewhere")
    assert only(written(tmp_path / "p.jsonl", own.model_dump_json())) == own


def test_packed_files_and_byte_order_marks_are_read(tmp_path):
    path = tmp_path / "papers.jsonl.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + json.dumps(OURS).encode() + b"\r\n\r\n"))
    assert only(path).id == "arxiv:2509.25998"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[1]", "expected an object with the fields of a paper, got list"),
        ("12", "got int"),
        ('{"colour": 1}', "of no known kind of record: it has the fields colour; expected arxiv_id (arXiv)"),
        ("{}", "(none)"),
        ('{"arxiv_id": "1", "abstract": "x"}', "not a record of arXiv: the field 'title' is missing"),
        ('{"arxiv_id": "1", "title": 5}', "not a record of arXiv: the field 'title' holds a number, expected text"),
        ('{"corpusid": 6, "title": ["a"], "abstract": {}}', "the field 'title' holds a list, expected text"),
        ('{"corpusid": 6, "title": "a", "s2fieldsofstudy": ["b"]}', "a list of something else than objects"),
        ('{"arxiv_id": "1", "title": ""}', "title: String should have at least 1 character"),
        ('{"arxiv_id": "1", "title": null}', "title: String should have at least 1 character"),
        ('{"arxiv_id": "1", "title": "x", "categories": 5}', "holds a number, expected text or a list"),
        ('{"arxiv_id": "1", "title": "\\ud83c"}', "half of a surrogate pair"),
        ('{"arxiv_id": "1", "title": "x", "doi": "\\ud83c"}', "half of a surrogate pair"),
        ('{"arxiv_id": "1", "title": "x", "categories": ["\\ud83c"]}', "half of a surrogate pair"),
        ('{"arxiv_id": 1, "title": "x"}', "not a record of arXiv"),
        ('{"corpusid": 1, "title": "x", "year": "soon"}', "year: Input should be a valid integer"),
        (
            '{"id": "https://openalex.org/W1", "title": "x", "abstract_inverted_index": [1]}',
            "not a record of OpenAlex: the field 'abstract_inverted_index' holds a list, expected an object",
        ),
        (
            '{"id": "https://openalex.org/W1", "title": "x", "abstract_inverted_index": {"a": 1}}',
            "a field holds something of another kind than is expected there",
        ),
        ('{"id": "a", "source": "b", "title": "x", "colour": 1}', "colour: Extra inputs are not permitted"),
        (b'{"arxiv_id": "1", "title": "\xff"}', "not UTF-8 at byte 28"),
        ("[" * 100_000, "no JSON"),
        (json.dumps({"arxiv_id": "1", "title": "x" * 3_000}), "title: String should have at most 2000 characters"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(tmp_path, line, said):
    found = list(read_papers(written(tmp_path / "p.jsonl", ARXIV, line, OURS)))
    assert [type(entry) for entry in found] == [Found, Problem, Found]
    assert found[1].line == 2
    assert said in found[1].text
    assert len(found[1].text) < 300


def test_characters_that_are_none_and_text_from_right_to_left_come_in_and_are_found(tmp_path, embedder):
    path = written(
        tmp_path / "p.jsonl",
        {"arxiv_id": "1", "title": "Zero\x00in the zebra", "abstract": "before\x00giraffe"},
        {"arxiv_id": "2", "title": "تكبير الصور 🎨", "abstract": "\u202eabc"},
    )
    index = SqliteIndex(tmp_path / "i.db", embedder)
    assert import_file(index, path).added == 2
    for query, expected in (("giraffe", "arxiv:1"), ("zebra", "arxiv:1"), ("تكبير", "arxiv:2")):
        assert index.search(query)[0].paper.id == expected
    assert index.doctor().problems == ()


def test_a_line_that_is_far_too_long_is_passed_over_without_being_held(tmp_path):
    path = tmp_path / "p.jsonl"
    with path.open("wb") as file:
        file.write(json.dumps(OURS).encode() + b'\n{"title": "')
        file.seek(300 * 2**20, 1)  # a hole: zeros
        file.write(b'"}\n' + json.dumps(ARXIV).encode())
    tracemalloc.start()
    found = list(read_papers(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [entry.line for entry in found] == [1, 2, 3]
    assert found[1].text == "longer than 2,000,000 bytes, expected one record"
    assert peak < 20e6


def test_an_import_tells_what_it_did_and_a_second_one_changes_nothing(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr(importers, "AT_ONCE", 2)
    changed = OURS | {"title": "Changed"}
    path = written(tmp_path / "p.jsonl", OURS, "{", ARXIV, SCHOLAR, changed, OPENALEX)
    index, told = SqliteIndex(tmp_path / "i.db", embedder), []
    done = import_file(index, path, progress=told.append)
    assert (done.added + done.updated, done.repeated, done.problem_count) == (5, 1, 2)
    assert done.problems[0].line == 2
    assert done.problems[1] == (5, "arxiv:2509.25998 stood on line 1; this one is kept")
    assert index.get("arxiv:2509.25998").title == "Changed"
    assert index.count() == 4
    assert told == sorted(told)
    assert told[-1] == 1.0
    again = import_file(index, written(tmp_path / "q.jsonl", ARXIV, SCHOLAR, OPENALEX))
    assert (again.added, again.updated, again.same) == (0, 0, 3)
    assert index.doctor().problems == ()


def test_only_so_many_problems_are_kept_but_all_are_counted(tmp_path, embedder, monkeypatch):
    monkeypatch.setattr(importers, "MOST_TOLD", 3)
    done = import_file(SqliteIndex(tmp_path / "i.db", embedder), written(tmp_path / "p.jsonl", *["{"] * 10, OURS))
    assert (done.problem_count, len(done.problems), done.added) == (10, 3, 1)


def test_a_line_of_rubbish_is_not_repeated_as_a_whole(tmp_path, embedder):
    path = written(tmp_path / "p.jsonl", json.dumps({"x" * 500_000: 1}))
    [problem] = import_file(SqliteIndex(tmp_path / "i.db", embedder), path).problems
    assert problem.line == 1
    assert problem.text.startswith("of no known kind of record: it has the fields xxx")
    assert len(problem.text) < 320


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("papers.pdf", b"%PDF", "of no known kind, expected .jsonl"),
        ("papers.jsonl.gz", b"\x1f\x8bbroken", "cannot be read"),
        ("papers.jsonl.gz", gzip.compress(b"{}\n" * 1000)[:-20], "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        list(read_papers(tmp_path / name))


def test_no_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError):
            list(read_papers(path))


@pytest.mark.parametrize(
    ("number", "year"),
    [
        ("2012.09161", 2020), ("0704.0001", 2007), ("hep-th/9901001", 1999), ("math.AG/0506001", 2005), ("x", None),
        ("2013.00001", None),
    ],
)  # fmt: skip
def test_the_year_is_read_from_an_arxiv_number(number, year):
    assert arxiv_year(number) == year


def test_of_a_file_that_breaks_off_what_was_read_before_is_kept_and_told(tmp_path, embedder):
    path = tmp_path / "p.jsonl.gz"
    whole = "".join(
        json.dumps({"arxiv_id": f"2001.{i:05}", "title": f"Title {i * 7919 % 10007}"}) + "\n" for i in range(9000)
    )
    path.write_bytes(gzip.compress(("{\n" + whole).encode())[:-2_000])
    index = SqliteIndex(tmp_path / "i.db", embedder)
    done = import_file(index, path)
    assert "breaks off after line" in done.broken
    assert done.added == index.count() > 4_000
    assert done.added % importers.AT_ONCE
    assert done.problems[0].line == 1
    assert index.doctor().problems == ()


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://x.example/\nINJECTED \x1b]0;p\x07",
        "https://x\u202eexample/",
        "http:///x",
        "ftp://a/b",
    ],
)
def test_a_link_that_is_no_web_address_is_left_out_and_told(tmp_path, link):
    found, problem = read_papers(written(tmp_path / "p.jsonl", SCHOLAR | {"externalids": {}, "url": link}))
    assert found.paper.links == ()
    assert (problem.line, "links left out" in problem.text) == (1, True)
    assert problem.text.isprintable()


def test_what_steers_a_terminal_is_taken_out_of_texts_and_refused_in_ids(tmp_path):
    bad = {"id": "a\x1b[31m", "source": "b", "title": "T"}
    good = {"id": "a", "source": "s\x07", "title": "Red \x1b[31m \u202eexe.png\n", "categories": ["a\nb\u2028"]}
    problem, found = read_papers(written(tmp_path / "p.jsonl", bad, good))
    assert "id: Value error, holds a character that cannot be seen" in problem.text
    assert (found.paper.title, found.paper.categories, found.paper.source) == ("Red  [31m exe.png", ("a b",), "s")


@pytest.mark.parametrize("field", ["id", "arxiv", "source"])
def test_no_field_is_of_any_length(tmp_path, field):
    record = {"id": "a", "source": "b", "title": "T"} | {field: "x" * 10_000}
    [problem] = read_papers(written(tmp_path / "p.jsonl", record))
    assert "at most 200" in problem.text


def test_a_report_can_be_written_as_json_whatever_the_names_are(tmp_path, embedder):
    path = written(tmp_path / "b\udcff.jsonl", OURS, '{"\\ud83c": 1}')
    done = import_file(SqliteIndex(tmp_path / "i.db", embedder), path)
    assert "b\ufffd.jsonl" in done.model_dump_json()
    assert done.problem_count == 1


# --- BibTeX ----------------------------------------------------------------------------------------------------------

BIB = r"""
% a comment
@string{cvpr = "CVPR"}
@comment{nothing @here}
@inproceedings{chen2021liif,
  title = {Learning {C}ontinuous Image Representation with {L}ocal},
  author = {Chen, Yinbo and M{\"u}ller, J{\'e}r{\^o}me},
  booktitle = cvpr # " 2021",
  year = 2021, eprint = {2012.09161}, archivePrefix = {arXiv},
}
@article(second, title = "Quotes, {commas} and \emph{commands} --- caf\'e", year = {in press}, url = {https://a.example/x_1})
@misc{third, year = 2000}
@misc{fourth, title = {does not end
@misc{fifth, title = "Fine" }
@misc{sixth title = 5}
@book
@misc{seventh, title = {Fine}, journal = }
"""


def test_bibtex_is_read_with_its_macros_accents_and_broken_entries(tmp_path):
    path = tmp_path / "refs.bib"
    path.write_text(BIB, encoding="utf-8")
    found = list(read_papers(path))
    good = {entry.paper.id: entry.paper for entry in found if isinstance(entry, Found)}
    assert list(good) == ["bib:chen2021liif", "bib:second", "bib:fifth"]
    first = good["bib:chen2021liif"]
    assert first.title == "Learning Continuous Image Representation with Local"
    assert (first.year, first.arxiv, first.links) == (2021, "2012.09161", ("https://arxiv.org/abs/2012.09161",))
    assert good["bib:second"].title == "Quotes, commas and commands — café"
    assert (good["bib:second"].year, good["bib:second"].links) == (None, ("https://a.example/x_1",))
    problems = {entry.line: entry.text for entry in found if isinstance(entry, Problem)}
    assert problems[12] == "third has no title"
    assert "fourth: the value of title does not end" in problems[13]
    assert set(problems) == {12, 13, 15, 16, 17}


def test_a_bibtex_entry_without_an_end_is_not_held_in_memory(tmp_path):
    path = tmp_path / "refs.bib"
    path.write_bytes(b"@misc{a, title = {" + (b"x" * 1_000 + b"\n") * 5_000 + b"\n@misc{b, title = {Fine}}\n")
    problem, fine = read_papers(path)
    assert "longer than" in problem.text
    assert fine.paper.title == "Fine"
