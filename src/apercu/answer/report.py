"""The answer as one HTML file that loads nothing: pictures, the workflow, every sentence with the words it rests on.

Each word from outside is escaped; the template is filled in one pass, so nothing that was filled in is read again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape as escape_html
from importlib import resources
from types import MappingProxyType
from urllib.parse import urlsplit

from apercu.addresses import without_steering
from apercu.answer.compose import VERDICT_WORDS
from apercu.answer.measurements import (
    added_title,
    factor,
    is_guessed,
    measurements,
    model_words,
    percent,
    pixels,
    steps,
    table,
    typically,
)
from apercu.answer.render import LEVEL_WORDS, without_address
from apercu.errors import CitationError
from apercu.records import NEAREST, NO_MODEL, Answer, Claim, Part, RunRecord, Source, Support

_NOTHING: Mapping[str, str] = MappingProxyType({})
_CONTEXT = 220
"""Characters of source text shown on each side of a quote."""

_OWN_TEXTS: Mapping[str, str] = {
    "question": "Your question",
    "reading": "How the question was read",
    "plan": "The workflow of this answer",
    "choice": "How Apercu chose the model",
    "run": "Measured in this run",
}
_GRAPH = """
<div class="graph" tabindex="0" role="group" aria-label="The workflow as a graph, can be scrolled sideways">{}</div>
<p class="caption">On the lines stands what flows: width x height x colour channels.</p>
"""


@dataclass(frozen=True)
class ReportPictures:
    """The pictures of a report, as PNG files.

    Attributes:
        before: the input in its own small size; the report enlarges it by repeating pixels.
        after: the result.
        added: the map of added detail, of the size of the result: bright where much was added.
        shown_scale: below 1 when `after` and `added` are reduced copies; the report says so.
        legend: the map's colour ramp: (added detail on 0..1, RGB of 255), rising; without it the legend has words only.
    """

    before: bytes | None = None
    after: bytes | None = None
    added: bytes | None = None
    shown_scale: float = 1.0
    legend: tuple[tuple[float, tuple[int, int, int]], ...] = ()


def render_html(
    answer: Answer, pictures: ReportPictures, *, plan_svg: str, licences: Mapping[str, str] = _NOTHING
) -> str:
    """The whole report as one self-contained HTML document.

    Args:
        answer: a checked answer.
        pictures: what the before/after view shows; it is left out where there was no run or a picture is missing.
        plan_svg: the drawn workflow; taken as it is, so only from our own drawing.
        licences: what each licence belongs to -> the licence, for the provenance.

    Raises:
        CitationError: a quote does not stand in its source text where it says it does.
    """
    run, numbers = answer.run, {claim.id: number for number, claim in enumerate(answer.claims, start=1)}
    further = _claims(answer, "sources", numbers)
    values = {
        "title": escape(answer.question),
        "long": "long" if len(answer.question) > 180 else "",
        "level": f"{escape(answer.level)}: {LEVEL_WORDS[answer.level]}",
        "summary": _summary(answer),
        "picture": _picture(run, pictures),
        "task": _claims(answer, "task", numbers),
        "plan": _GRAPH.format(plan_svg) if plan_svg else "",
        "workflow": _claims(answer, "workflow", numbers),
        "sources": _sources(answer, numbers),
        "source_claims": f"<h3>What they contribute</h3>{further}" if further else "",
        "limits": _claims(answer, "limits", numbers) or "<p>Nothing further was found to be missing.</p>",
        "measurements": measurements(run),
        "provenance": _provenance(answer, licences),
        "supports": _all_supports(answer),
        "data": _json_in_html(answer),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: values[slot[1]], _template())


@cache
def _template() -> str:
    return (resources.files("apercu.answer") / "report.html").read_text("utf-8")


def _json_in_html(answer: Answer) -> str:
    escaped = r"[<>&\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    return re.sub(escaped, lambda found: f"\\u{ord(found[0]):04x}", answer.model_dump_json(by_alias=True))


# --- summary and pictures ---------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Text as a page shows it: it opens no tag, and turns the direction of no other text."""
    return "\n".join(escape_html(without_steering(line, "\ufffd")) for line in text.split("\n"))


def _summary(answer: Answer) -> str:
    rows = [("Task", escape(answer.task.name), ""), ("Enlargement", *_enlargement(answer))]
    run = answer.run
    if run is None:
        rows.append(("Model that ran", "none yet", "no picture was given"))
    else:
        report = run.fidelity
        rows += [
            ("Model that ran", escape(model_words(run.model)), f"in {run.seconds:.1f} seconds"),
            ("Shrinks back to your picture", f"within {report.lr_psnr_db:.1f} dB", typically(report.lr_psnr_db)),
            (added_title(run), f"{percent(report.added_share)} of contrast", "not determined by your picture"),
        ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}<small>{hint}</small></dd></div>" for name, value, hint in rows)


def _enlargement(answer: Answer) -> tuple[str, str]:
    task, run = answer.task, answer.run
    if run is not None:
        return factor(run.scale), f"{pixels(run.input_size)} to {pixels(run.size)} pixels (width x height)"
    if task.size is not None:
        return f"to {pixels(task.size)}", "pixels (width x height), as asked"
    scale = task.scale or ((task.factor, task.factor) if task.factor else None)
    if task.width or task.height:
        return (f"to {task.width} pixels" if task.width else f"to {task.height} pixels"), (
            "of width, as asked" if task.width else "of height, as asked"
        )
    return (factor(scale), "as asked") if scale else ("no factor named", "")


def _picture(run: RunRecord | None, pictures: ReportPictures) -> str:
    if run is None:
        return (
            '<p class="note">No picture was given, so nothing was run. Give one with <code>--image PICTURE</code> to '
            "see it before and after, and a map of the detail that was added.</p>"
        )
    if pictures.before is None or pictures.after is None:
        return '<p class="note">The pictures are not part of this report.</p>'
    squares = " squares" if run.model == NEAREST else ""
    views = [_layer("before", pictures.before, "Your picture, enlarged by repeating its pixels")]
    result = "The result; no model worked on it" if run.model == NO_MODEL else f"The result of {run.model}"
    views.append(_layer("after", pictures.after, result))
    if pictures.added is not None:
        views.append(_layer("added", pictures.added, "Map of the added detail: bright where much was added"))
    return f"""
<div class="tools">
  <div role="group" aria-label="What to compare">
    <button type="button" data-view="result" aria-pressed="true">Before | after</button>
    {_ADDED_BUTTON if pictures.added is not None else ""}
  </div>
  <div role="group" aria-label="Zoom">
    <button type="button" data-zoom="1" aria-pressed="true">1x</button>
    <button type="button" data-zoom="2" aria-pressed="false">2x</button>
    <button type="button" data-zoom="4" aria-pressed="false">4x</button>
  </div>
</div>
<div class="stage{squares}" style="--aspect:{run.size[1] / run.size[0]:.6f}" tabindex="0" role="group"
     aria-label="Two pictures over each other. Arrow keys move the picture when it is zoomed.">
  {"".join(views)}
  <span class="corner left" aria-hidden="true"></span><span class="corner right" aria-hidden="true"></span>
  <div class="split" role="slider" tabindex="0" aria-label="Divider between the two pictures"
       aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50"></div>
</div>
{_caption(run, pictures)}"""


_ADDED_BUTTON = '<button type="button" data-view="added" aria-pressed="false">After | added detail</button>'


def _caption(run: RunRecord, pictures: ReportPictures) -> str:
    reduced = f"The pictures in this report are shown reduced to {100 * pictures.shown_scale:.3g} % of their size."
    lines = [
        "Drag the divider, or focus it and use the arrow keys. “Before” is your own picture, with each of its pixels "
        "drawn larger.",
        reduced if pictures.shown_scale < 1 else "",
    ]
    notes = "".join(f"<li>{escape(text)}</li>" for text in (*run.fidelity.sanity, *run.warnings))
    listed = f'<div class="note"><strong>Worth knowing</strong><ul>{notes}</ul></div>' if notes else ""
    legend = _legend(pictures.legend, run) if pictures.added is not None else ""
    return f'{legend}<p class="caption">{" ".join(lines)}</p>{listed}'


def _legend(ramp: Sequence[tuple[float, tuple[int, int, int]]], run: RunRecord) -> str:
    bar = ""
    if ramp:
        top = ramp[-1][0]
        stops = ", ".join(f"rgb{colour} {100 * value / top:.1f}%" for value, colour in ramp)
        bar = f'<i style="background: linear-gradient(to right, {stops})"></i>'
    added = "added by the model" if is_guessed(run) else "added, not determined by your picture"
    words = "grey: determined by your picture", f"bright: {added}, here at most {steps(run.fidelity.added_max)}"
    return f'<p class="legend" hidden><span>{words[0]}</span>{bar}<span>{words[1]}</span></p>'


def _layer(name: str, png: bytes, alt: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    source = f"data:image/png;base64,{data}"
    return f'<div class="layer {name}"><img alt="{escape(alt)}" draggable="false" src="{source}"></div>'


# --- sentences and what they rest on ----------------------------------------------------------------------------------


def _claims(answer: Answer, part: Part, numbers: Mapping[str, int]) -> str:
    """The sentences of a part; a verdict is left to the source that it judges."""
    judged = {claim.id for claim in _verdicts(answer).values()}
    chosen = [claim for claim in answer.claims if claim.part == part and claim.id not in judged]
    lines = "".join(f"<li>{_sentence(numbers[claim.id], claim, claim.text)}</li>" for claim in chosen)
    return f'<ul class="claims">{lines}</ul>' if lines else ""


def _verdicts(answer: Answer) -> dict[str, Claim]:
    """Source id -> the sentence of part 3 that gives its verdict."""
    claims = {claim.text: claim for claim in reversed(answer.claims) if claim.part == "sources"}
    said = {s.id: f"{s.name}: {VERDICT_WORDS[s.verdict]}. {s.reason}" for s in answer.sources}
    return {key: claims[text] for key, text in said.items() if text in claims}


def _sentence(number: int, claim: Claim, text: str) -> str:
    """A sentence with its number, leading to its supports; without a script it is a plain link to them."""
    return f'<a class="claim" href="#on-{escape(claim.id)}">{escape(text)}<sup>{number}</sup></a>'


def _sources(answer: Answer, numbers: Mapping[str, int]) -> str:
    verdicts = _verdicts(answer)
    shown: set[str] = set()
    items = "".join(_source(source, verdicts.get(source.id), shown, numbers) for source in answer.sources)
    return f'<ul class="sources">{items}</ul>' if items else "<p>No model and no paper is provided.</p>"


def _source(source: Source, verdict: Claim | None, shown: set[str], numbers: Mapping[str, int]) -> str:
    kind = "recommended model" if source.kind == "model" else "related paper"
    chip = f'<span class="chip {source.verdict}">{VERDICT_WORDS[source.verdict]}</span>'
    reason = _sentence(numbers[verdict.id], verdict, source.reason) if verdict else escape(source.reason)
    links = "".join((*_links(source, shown), *(f"<li>{escape(line)}</li>" for line in without_address(source))))
    return (
        f'<li><h3>{escape(source.name)}</h3><p class="kind">{chip} {kind}</p><p>{reason}</p>'
        f'<ul class="links">{links}</ul></li>'
    )


def _links(source: Source, shown: set[str]) -> Iterator[str]:
    """Every provided address once; `shown` holds those that already stand in the report."""
    for label, links in (("", source.links), ("its summary also names: ", source.mentioned_links)):
        for link in links:
            yield f"<li>{label}{'the link given above' if link in shown else _link(link)}</li>"
            shown.add(link)


def _link(url: str) -> str:
    """The address as it was provided; only a web address can be clicked."""
    try:
        parts = urlsplit(url)
        clickable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        clickable = False
    shown = escape(url)
    return f'<a href="{shown}" rel="noopener noreferrer">{shown}</a>' if clickable else f"<code>{shown}</code>"


def _all_supports(answer: Answer) -> str:
    names = dict(_OWN_TEXTS) | {source.id: source.name for source in answer.sources}
    names |= {source.card: f"Apercu's card of {source.name}" for source in answer.sources if source.card}
    return "".join(
        f'<li id="on-{escape(claim.id)}"><p>{escape(claim.text)}</p>{_quotes(claim, names, answer.source_texts)}</li>'
        for claim in answer.claims
    )


def _quotes(claim: Claim, names: Mapping[str, str], texts: Mapping[str, str]) -> str:
    return "".join(
        f"<figure><figcaption>{escape(names.get(support.source, support.source))}</figcaption>"
        f"<blockquote>{_in_context(claim.id, support, texts)}</blockquote></figure>"
        for support in claim.supports
    )


def _in_context(key: str, support: Support, texts: Mapping[str, str]) -> str:
    text = texts.get(support.source, "")
    if text[support.start : support.end] != support.quote or not support.quote:
        where = f"{support.start}..{support.end} of {support.source!r}"
        raise CitationError(f"claim {key!r}: the quote {support.quote[:60]!r} does not stand at {where}")
    before, after = text[max(0, support.start - _CONTEXT) : support.start], text[support.end : support.end + _CONTEXT]
    if support.start > _CONTEXT:
        before = "… " + before.partition(" ")[2]
    if support.end + _CONTEXT < len(text):
        after = after.rpartition(" ")[0] + " …"
    return f"{escape(before)}<mark>{escape(support.quote)}</mark>{escape(after)}"


# --- provenance -------------------------------------------------------------------------------------------------------


def _provenance(answer: Answer, licences: Mapping[str, str]) -> str:
    run = answer.run
    facts: list[tuple[str, str]] = [("Level", answer.level)]
    steps = ""
    if run is not None:
        facts += [
            ("Input", f"{run.input}, {pixels(run.input_size)} pixels"),
            ("sha256 of the input", run.input_sha256),
            ("Output", f"{run.output or 'not saved'}, {pixels(run.size)} pixels"),
            ("sha256 of the output", run.output_sha256 or "not saved"),
            ("Model", model_words(run.model)),
            ("sha256 of the weights", run.weights_sha256 or "no weights were used"),
            ("Time", f"{run.seconds:.2f} seconds"),
            *((f"Version of {name}", version) for name, version in run.versions.items()),
        ]
        rows = [
            (node.id, node.op, node.status, f"{node.seconds:.3f}\u00a0s", " ".join((node.output, node.note)).strip())
            for node in run.nodes
        ]
        steps = f"<h3>What each step did</h3>{table(('Step', 'Op', 'State', 'Time', 'What came out'), rows)}"
    facts += [(f"Licence of {name}", licence) for name, licence in licences.items()]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    left_out = "".join(f"<li>{escape(item.text)} <em>({escape(item.why)})</em></li>" for item in answer.unsupported)
    dropped = f"<h3>Sentences left out because they did not pass the check</h3><ul>{left_out}</ul>" if left_out else ""
    return f'<dl class="facts">{listed}</dl>{steps}{dropped}'
