"""The answer as one HTML file that loads nothing: pictures, the workflow, every sentence with the words it rests on.

Each word from outside is escaped; the template is filled in one pass, so nothing that was filled in is read again.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from types import MappingProxyType
from urllib.parse import urlsplit

from apercu.errors import CitationError
from apercu.records import Answer, FidelityReport, Part, RunRecord, Source, Support

_NOTHING: Mapping[str, str] = MappingProxyType({})
_CONTEXT = 220
"""Characters of source text shown on each side of a quote."""

VERDICT_WORDS = {"direct": "direct", "transferable": "transferable", "off-topic": "off-topic", "unknown": "not enough information"}
_LEVELS = {
    "prompt": "Only the words of the prompt were used.",
    "linked": "The words of the prompt were used, and what Apercu's own cards hold about the models and papers that it links.",
    "open": "The whole collection of models and papers that Apercu knows was used.",
}


@dataclass(frozen=True)
class ReportPictures:
    """The pictures of a report, as PNG files.

    Attributes:
        before: the input in its own small size; the report enlarges it by repeating pixels.
        after: the result.
        added: the map of added detail, of the same size as the result: dark where nothing was added, bright where much was.
        shown_scale: below 1 when `after` and `added` are reduced copies; the report says so.
    """

    before: bytes | None = None
    after: bytes | None = None
    added: bytes | None = None
    shown_scale: float = 1.0


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
    run = answer.run
    values = {
        "title": escape(answer.question),
        "long": "long" if len(answer.question) > 180 else "",
        "level": f"{escape(answer.level)}: {_LEVELS[answer.level]}",
        "summary": _summary(answer),
        "picture": _picture(run, pictures),
        "task": _claims(answer, "task"),
        "plan": plan_svg,
        "workflow": _claims(answer, "workflow"),
        "sources": "".join(_source(source) for source in answer.sources) or "<li>The prompt provides none.</li>",
        "source_claims": _claims(answer, "sources"),
        "limits": _claims(answer, "limits") or "<p>Nothing further was found to be missing.</p>",
        "measurements": _measurements(run),
        "provenance": _provenance(answer, licences),
        "supports": _all_supports(answer),
        "data": _json_in_html(answer),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: values[slot[1]], _template())


@cache
def _template() -> str:
    return (resources.files("apercu.answer") / "report.html").read_text("utf-8")


def _json_in_html(answer: Answer) -> str:
    text = answer.model_dump_json(by_alias=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# --- summary and pictures -----------------------------------------------------------------------------------------------


def _summary(answer: Answer) -> str:
    rows = [("Task", escape(answer.task.name), ""), ("Enlargement", *_enlargement(answer))]
    run = answer.run
    if run is None:
        rows.append(("Model that ran", "none yet", "no picture was given"))
    else:
        report = run.fidelity
        rows += [
            ("Model that ran", escape(run.model), f"in {run.seconds:.1f} seconds"),
            ("Shrinks back to your picture", f"within {report.lr_psnr_db:.1f} dB", _typically(report.lr_psnr_db)),
            ("Added by the model", f"{_percent(report.added_share)} of contrast", "not determined by your picture"),
        ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}<small>{hint}</small></dd></div>" for name, value, hint in rows)


def _enlargement(answer: Answer) -> tuple[str, str]:
    task, run = answer.task, answer.run
    if run is not None:
        return _factor(run.scale), f"{_size(run.input_size)} to {_size(run.size)} pixels (height x width)"
    if task.size is not None:
        return f"to {_size(task.size)}", "pixels (height x width), as asked"
    scale = task.scale or ((task.factor, task.factor) if task.factor else None)
    return (_factor(scale), "as asked") if scale else ("no factor named", "")


def _factor(scale: tuple[float, float]) -> str:
    y, x = scale
    return f"{y:.4g}x" if y == x else f"{y:.4g}x high, {x:.4g}x wide"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _percent(share: float) -> str:
    return "under 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def _levels(value: float) -> str:
    """A 0..1 difference in the 255 brightness steps that pictures are stored in."""
    return f"{255 * value:.2g} of 255 brightness steps"


def _typically(psnr: float) -> str:
    return f"typically {_levels(10 ** (-psnr / 20))} off; more dB is closer"


def _picture(run: RunRecord | None, pictures: ReportPictures) -> str:
    if run is None:
        return (
            '<p class="note">No picture was given, so nothing was run. Give one with <code>--image PICTURE</code> to see it '
            "before and after, and a map of the detail that was added.</p>"
        )
    if pictures.before is None or pictures.after is None:
        return '<p class="note">The pictures are not part of this report.</p>'
    views = [_layer("before", pictures.before, "Your picture, enlarged by repeating its pixels")]
    views.append(_layer("after", pictures.after, f"The result of {run.model}"))
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
<div class="stage" style="--aspect:{run.size[1] / run.size[0]:.6f}" tabindex="0" role="group"
     aria-label="Two pictures over each other. Arrow keys move the picture when it is zoomed.">
  {"".join(views)}
  <span class="corner left" aria-hidden="true"></span><span class="corner right" aria-hidden="true"></span>
  <div class="split" role="slider" tabindex="0" aria-label="Divider between the two pictures" aria-orientation="horizontal"
       aria-valuemin="0" aria-valuemax="100" aria-valuenow="50"></div>
</div>
{_caption(run, pictures)}"""


_ADDED_BUTTON = '<button type="button" data-view="added" aria-pressed="false">After | added detail</button>'


def _caption(run: RunRecord, pictures: ReportPictures) -> str:
    reduced = f"The pictures in this report are shown reduced to {100 * pictures.shown_scale:.3g} % of their size."
    lines = [
        "Drag the divider, or focus it and use the arrow keys. Left of it your own picture with its pixels enlarged, right of "
        "it the result.",
        reduced if pictures.shown_scale < 1 else "",
    ]
    legend = (
        '<p class="legend" hidden><span>dark: determined by your picture</span><i></i><span>bright: added by the model, '
        f"at most {_levels(run.fidelity.added_max)}</span></p>"
    )
    notes = "".join(f"<li>{escape(text)}</li>" for text in (*run.fidelity.sanity, *run.warnings))
    listed = f'<div class="note"><strong>Worth knowing</strong><ul>{notes}</ul></div>' if notes else ""
    return f'{legend if pictures.added is not None else ""}<p class="caption">{" ".join(lines)}</p>{listed}'


def _layer(name: str, png: bytes, alt: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<div class="layer {name}"><img alt="{escape(alt)}" draggable="false" src="data:image/png;base64,{data}"></div>'


# --- sentences and what they rest on ------------------------------------------------------------------------------------


def _claims(answer: Answer, part: Part) -> str:
    lines = [f"<li>{_sentence(claim.id, claim.text)}</li>" for claim in answer.claims if claim.part == part]
    return f'<ul class="claims">{"".join(lines)}</ul>' if lines else ""


def _sentence(key: str, text: str) -> str:
    """A sentence that leads to its supports; without a script it is a plain link to them."""
    return f'<a class="claim" href="#on-{escape(key)}">{escape(text)}</a>'


def _source(source: Source) -> str:
    kind = "recommended model" if source.kind == "model" else "related paper"
    links = [*source.links, *(link for link in source.mentioned_links if link not in source.links)]
    items = "".join(f"<li>{_link(link)}</li>" for link in links)
    reason = _sentence(f"source-{source.id}", source.reason) if source.supports else escape(source.reason)
    return (
        f'<li><h3>{escape(source.name)}</h3><p class="kind"><span class="chip {source.verdict}">'
        f"{VERDICT_WORDS[source.verdict]}</span> {kind}</p><p>{reason}</p>"
        f"{f'<ul class="links">{items}</ul>' if items else '<p class="kind">no link was provided</p>'}</li>"
    )


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
    names = {source.id: source.name for source in answer.sources}
    names |= {source.card: f"Card: {source.name}" for source in answer.sources if source.card}
    names |= {"question": "Your question", "run": "Measured in this run"}
    entries = [(claim.id, claim.text, claim.supports) for claim in answer.claims]
    entries += [(f"source-{source.id}", source.reason, source.supports) for source in answer.sources if source.supports]
    return "".join(
        f'<li id="on-{escape(key)}"><p>{escape(text)}</p>{_quotes(key, supports, names, answer.source_texts)}</li>'
        for key, text, supports in entries
    )


def _quotes(key: str, supports: Iterable[Support], names: Mapping[str, str], texts: Mapping[str, str]) -> str:
    return "".join(
        f"<figure><figcaption>{escape(names.get(support.source, support.source))}</figcaption>"
        f"<blockquote>{_in_context(key, support, texts)}</blockquote></figure>"
        for support in supports
    )


def _in_context(key: str, support: Support, texts: Mapping[str, str]) -> str:
    text = texts.get(support.source, "")
    if text[support.start : support.end] != support.quote or not support.quote:
        where = f"{support.start}..{support.end} of {support.source!r}"
        raise CitationError(f"the quote {support.quote[:60]!r} of {key!r} does not stand at {where}, expected it verbatim")
    before, after = text[max(0, support.start - _CONTEXT) : support.start], text[support.end : support.end + _CONTEXT]
    if support.start > _CONTEXT:
        before = "… " + before.partition(" ")[2]
    if support.end + _CONTEXT < len(text):
        after = after.rpartition(" ")[0] + " …"
    return f"{escape(before)}<mark>{escape(support.quote)}</mark>{escape(after)}"


# --- measurements and provenance ----------------------------------------------------------------------------------------


def _measurements(run: RunRecord | None) -> str:
    if run is None:
        return "<p>Nothing was measured, because nothing was run.</p>"
    report = run.fidelity
    protocol = (
        f"How it was measured: shrunk with the kernel <code>{escape(report.kernel)}</code> by {_factor(report.scale)}; all "
        "pixels count, no border is cut off; values are not rounded to 8 bits; dB are capped at 120, which means equal. "
        "Do not compare these numbers with numbers measured in another way."
    )
    return f"{_table(('What', 'Value', 'In plain words'), _numbers(report))}<p class='caption'>{protocol}</p>{_branches(run)}"


def _numbers(report: FidelityReport) -> list[tuple[str, ...]]:
    return [
        (
            "Shrinks back to your picture",
            f"{report.lr_psnr_db:.2f} dB",
            f"The result was shrunk to the size of your picture and compared with it: {_typically(report.lr_psnr_db)}.",
        ),
        (
            "Largest difference when shrunk back",
            _levels(report.max_abs_lr_error),
            "The pixel of your picture that the result keeps worst.",
        ),
        (
            "Added by the model",
            _percent(report.added_share),
            "The share of the contrast that your picture does not determine. It is the model's guess, learned from other "
            "pictures; it may be right, but nothing in your picture says so.",
        ),
        (
            "Strength of the added detail",
            _levels(report.added_rms),
            f"How much the guess moves a pixel, typically; the most is {_levels(report.added_max)}.",
        ),
        (
            "Contradicts your picture",
            _percent(report.changed_share),
            "The share of the contrast that disagrees with your picture. 0 % is a perfect fit.",
        ),
    ]


def _branches(run: RunRecord) -> str:
    if not run.branches:
        return ""
    rows = [
        (
            f"{branch.model} ({branch.node})",
            f"{branch.lr_psnr_db:.2f} dB",
            _percent(branch.added_share),
            "chosen" if branch.chosen else "",
        )
        for branch in run.branches
    ]
    head = ("Candidate", "Shrinks back to your picture", "Added", "Taken")
    return f"<h3>The candidates compared</h3>{_table(head, rows)}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _provenance(answer: Answer, licences: Mapping[str, str]) -> str:
    run = answer.run
    facts: list[tuple[str, str]] = [("Level", answer.level)]
    steps = ""
    if run is not None:
        facts += [
            ("Input", f"{run.input}, {_size(run.input_size)} pixels"),
            ("sha256 of the input", run.input_sha256),
            ("Output", f"{run.output or 'not saved'}, {_size(run.size)} pixels"),
            ("sha256 of the output", run.output_sha256 or "not saved"),
            ("Model", run.model),
            ("sha256 of the weights", run.weights_sha256 or "this model has no weights"),
            ("Time", f"{run.seconds:.2f} seconds"),
            *((f"Version of {name}", version) for name, version in run.versions.items()),
        ]
        rows = [(node.id, node.op, node.status, f"{node.seconds:.3f} s", node.output or node.note) for node in run.nodes]
        steps = f"<h3>What each step did</h3>{_table(('Step', 'Op', 'State', 'Time', 'What came out'), rows)}"
    facts += [(f"Licence of {name}", licence) for name, licence in licences.items()]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    left_out = "".join(f"<li>{escape(item.text)} <em>{escape(item.why)}</em></li>" for item in answer.unsupported)
    dropped = f"<h3>Sentences left out because nothing supports them</h3><ul>{left_out}</ul>" if left_out else ""
    return f'<dl class="facts">{listed}</dl>{steps}{dropped}'
