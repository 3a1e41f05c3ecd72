"""The commands around the index of papers: search it, import into it, look after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apercu.interfaces.options import Json
from apercu.interfaces.terminal import clean, print_json, progress_bar, reported_errors, say, warn

if TYPE_CHECKING:
    from apercu.papers.base import Health, Hit
    from apercu.papers.importers import ImportReport

papers_app = typer.Typer(help="Search papers, import more of them, and look after the index.", no_args_is_help=True)

Index = Annotated[
    str | None,
    typer.Option(
        help="The index: a file, or postgresql://...; by default papers.db in Apercu's data folder.", metavar="PLACE"
    ),
]
SHOWN_PROBLEMS = 20


@papers_app.command()
def search(
    query: Annotated[str, typer.Argument(help="A question, or some words.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many papers.")] = 10,
    year_from: Annotated[int | None, typer.Option("--from", help="Not older than this year.", metavar="YEAR")] = None,
    year_to: Annotated[int | None, typer.Option("--to", help="Not younger than this year.", metavar="YEAR")] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="One of these, such as cs.CV or cs; may be repeated.", metavar="TEXT")
    ] = None,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Find papers by their words and by what they mean."""
    with reported_errors(as_json=as_json):
        from apercu.papers.base import Filters
        from apercu.papers.library import search_papers
        from apercu.settings import load_settings

        filters = Filters(year_from=year_from, year_to=year_to, categories=tuple(category or ()))
        found = search_papers(query, settings=load_settings(), limit=limit, filters=filters, index=index)
        if as_json:
            print_json(found)
        else:
            _show_hits(found.papers)
        if found.warning:
            warn(found.warning)


@papers_app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="JSON lines (.jsonl, .gz) or BibTeX (.bib).", metavar="FILE...")],
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Take papers in: arXiv's metadata snapshot, OpenAlex, Semantic Scholar, BibTeX. Bad records are told by line."""
    with reported_errors(as_json=as_json):
        from apercu.errors import EXIT_CODES, InputError
        from apercu.papers.library import import_papers
        from apercu.settings import load_settings

        with progress_bar(quiet=as_json) as progress:
            done = import_papers(
                *files, settings=load_settings(), index=index, progress=lambda share: progress("papers", share)
            )
        bad = sum(report.problem_count for report in done.files)
        nothing = bad and not any(report.added or report.updated or report.same for report in done.files)
        if as_json:
            print_json(done)
            if nothing:
                raise SystemExit(EXIT_CODES[InputError])
            return
        for report in done.files:
            _show_import(report)
        if nothing:
            raise InputError(
                f"no paper could be read; {bad:,} {'record is' if bad == 1 else 'records are'} told above by line",
                hint="See which records are read: `apercu papers import --help`, docs/papers.md.",
            )
        say(f"The index holds {done.papers:,} papers.")


@papers_app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(help="Ids as `apercu papers search --json` shows them.", metavar="ID...")],
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Take papers out of the index."""
    with reported_errors(as_json=as_json):
        from apercu.papers.library import delete_papers
        from apercu.settings import load_settings

        done = delete_papers(ids, settings=load_settings(), index=index)
        if as_json:
            print_json(done)
        else:
            say(f"{done.deleted:,} taken out. The index holds {done.papers:,} papers.")
            if done.unknown:
                say(f"Not in the index: {', '.join(done.unknown)}")


@papers_app.command()
def doctor(
    mend: Annotated[bool, typer.Option("--mend", metavar="", help="Make again whatever is wrong.")] = False,
    index: Index = None,
    as_json: Json = False,
) -> None:
    """Prove that both halves of the index, words and meanings, hold every paper; with --mend make them so."""
    with reported_errors(as_json=as_json):
        from apercu.errors import EXIT_CODES, EvidenceError
        from apercu.papers.library import check_papers
        from apercu.settings import load_settings

        found = check_papers(settings=load_settings(), index=index, mend=mend)
        if as_json:
            print_json(found)
        else:
            _show_health(found)
        if found.problems:
            raise SystemExit(EXIT_CODES[EvidenceError])


def _show_hits(found: Sequence[Hit]) -> None:
    if not found:
        say("No paper was found. Titles and abstracts are searched as they stand, most in English: try English words.")
    for number, hit in enumerate(found, 1):
        year = f" ({hit.paper.year})" if hit.paper.year else ""
        say(f"{number:>3}  {clean(hit.paper.title)}{year}")
        ranks = [f"{half} {rank}" for half, rank in (("words", hit.by_words), ("meaning", hit.by_meaning)) if rank]
        link = hit.paper.links[0] if hit.paper.links else hit.paper.id
        say(f"     {clean(link)}  rank by {', by '.join(ranks)}")


def _show_import(report: ImportReport) -> None:
    done = f"{report.added:,} added, {report.updated:,} updated, {report.same:,} as before"
    say(f"{clean(report.path)}: {done}")
    for problem in report.problems[:SHOWN_PROBLEMS]:
        warn(f"{report.path}, line {problem.line}: {problem.text}")
    if report.problem_count > SHOWN_PROBLEMS:
        warn(f"{report.path}: {report.problem_count - SHOWN_PROBLEMS:,} more such lines; --json lists them")


def _show_health(found: Health) -> None:
    say(f"{found.papers:,} papers; the words hold {found.words:,}, the vectors {found.vectors:,}")
    if found.holes:
        say(f"{found.holes:,} places of the vectors are not in use; --mend takes them out")
    for problem in found.problems:
        warn(problem)
    if not found.problems:
        say("Both halves hold every paper and agree.")
