"""The numbers of a run as HTML, each in plain words and with how it was measured. Sizes are shown width x height."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from apercu.records import NO_MODEL, RunRecord
from apercu.registry import model_cards


def measurements(run: RunRecord | None) -> str:
    """What was kept and what was added, the protocol of these numbers, and the candidates compared."""
    if run is None:
        return "<p>Nothing was measured, because nothing was run.</p>"
    report = run.fidelity
    protocol = (
        f"How it was measured: shrunk with the kernel <code>{escape(report.kernel)}</code> by {factor(report.scale)}; "
        "all pixels and colours count, no border is cut off; the shrunken picture is not rounded; dB are capped at "
        "120, which means equal. Do not compare these numbers with numbers that were measured in another way."
    )
    numbers = table(("What", "Value", "In plain words"), _numbers(run))
    return f'{numbers}<p class="caption">{protocol}</p>{_branches(run)}'


def _numbers(run: RunRecord) -> list[tuple[str, str, str]]:
    report = run.fidelity
    guess = (
        "It is the model's guess, learned from other pictures: it may be right, but nothing in your picture says so."
    )
    formula = "Nothing was learned from other pictures: it comes from the formula that filled in the new pixels."
    origin = guess if is_guessed(run) else "" if run.model == NO_MODEL else formula
    return [
        (
            "Shrinks back to your picture",
            f"{report.lr_psnr_db:.2f} dB",
            f"The result was shrunk to the size of your picture and compared with it: {typically(report.lr_psnr_db)}.",
        ),
        (
            "Largest difference when shrunk back",
            steps(report.max_abs_lr_error),
            "The pixel of your picture that the result keeps worst.",
        ),
        (
            added_title(run),
            percent(report.added_share),
            f"The share of the contrast that your picture does not determine. {origin}".rstrip(),
        ),
        (
            "Strength of the added detail",
            steps(report.added_rms),
            f"How far it typically moves a pixel (root mean square); the most is {steps(report.added_max)}.",
        ),
        (
            "Contradicts your picture",
            percent(report.changed_share),
            "The share of the contrast that disagrees with your picture. 0 % is a perfect fit.",
        ),
    ]


def _branches(run: RunRecord) -> str:
    if not run.branches:
        return ""
    head = ("Candidate", "Shrinks back to your picture", "Added", "Taken")
    rows = [
        (
            branch.model if branch.model == branch.node else f"{model_words(branch.model)} (step {branch.node})",
            f"{branch.lr_psnr_db:.2f} dB",
            percent(branch.added_share),
            "yes" if branch.chosen else "no",
        )
        for branch in run.branches
    ]
    return f"<h3>The candidates compared</h3>{table(head, rows)}"


def is_guessed(run: RunRecord) -> bool:
    """Whether a model that learned from other pictures made the result, rather than a formula or nothing at all."""
    card = model_cards().get(run.model)
    return run.model != NO_MODEL and (card is None or card.family != "interpolation")


def added_title(run: RunRecord) -> str:
    """What the share of added contrast is called; only what was learned is a model's addition."""
    return "Added by the model" if is_guessed(run) else "Added"


def model_words(model: str) -> str:
    """The model of a run or a candidate as a person says it."""
    return "no model" if model == NO_MODEL else model


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Cells of plain text as a table whose first column names the row."""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def factor(scale: tuple[float, float]) -> str:
    """A factor (y, x) as a person says it."""
    y, x = scale
    return f"{y:.4g}x" if f"{y:.4g}" == f"{x:.4g}" else f"{x:.4g}x in width, {y:.4g}x in height"


def pixels(size: tuple[int, int]) -> str:
    """A size (height, width) as a person says it."""
    return f"{size[1]} x {size[0]}"


def percent(share: float) -> str:
    """A share of 0..1 as a percentage."""
    return "under 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def steps(value: float) -> str:
    """A difference on 0..1 in the 255 brightness steps that pictures are stored in."""
    shown = 255 * value
    return f"{shown:.0f} of 255 brightness steps" if shown >= 10 else f"{shown:.2g} of 255 brightness steps"


def typically(psnr: float) -> str:
    """The root mean square error that a PSNR stands for: 10^(-dB / 20)."""
    return f"typically {steps(10 ** (-psnr / 20))} off; more dB is closer"
