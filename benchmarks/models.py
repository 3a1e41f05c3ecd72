"""How well each model enlarges: photographs, drawings, cartoons, interfaces and vector drawings, clean and damaged.

The crops and figures are those of `apercu.train.evaluate`, on pictures that no training saw; Set5, Set14 and BSD100 are
added where they are there (APERCU_EVAL, see `sets.py`). `--data` names what `python -m apercu.train prepare FOLDER`
wrote.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apercu import load_settings
from apercu.errors import ApercuError, InputError
from apercu.registry import file_digest
from apercu.train.damage import FIXED_DAMAGES
from apercu.train.evaluate import (
    SCALES,
    Case,
    Gain,
    Scores,
    bootstrap_gain,
    clean_cases,
    evaluate,
    mean_scores,
    mixed_cases,
    validation_crops,
    vector_cases,
)
from apercu.train.pictures import PictureSet, load_pictures
from models_candidates import Contender, multiply_adds, open_contender, seconds
from models_kept import KeptFigures
from models_page import STYLES, draw_page
from sets import ROOT, pair, pictures

DEFAULT = "bicubic,lanczos,liif-edsr"
QUICK = 4
FIGURES = (
    "PSNR over RGB in dB / PSNR of luma in dB / SSIM of luma. Luma is BT.601 studio range; a border of the factor is "
    "cut; results are clipped, not rounded; means of decibels over cases."
)
PROTOCOLS = {
    "clean": "Held-out crops of 192 x 192, of each picture those with the most detail, shrunk by Pillow's bicubic.",
    "chance": "Held-out crops of 192 x 192, of each picture some by chance, shrunk by Pillow's bicubic.",
    "mixed": "The same crops under mixed damage. Crop i of a style, shrunk with the seed 1000 + i, meets number i mod "
    f"{len(FIXED_DAMAGES)} of: {', '.join(name for name, _ in FIXED_DAMAGES)}.",
    "damage": "Mixed damage again, all styles and factors together, by damage.",
    "vector": "Held-out vector drawings rendered at 32, 48, 64 and 96 pixels and at 2, 3 and 4 times that: nothing was "
    "shrunk.",
    "sets": "The classical sets, shrunk by Pillow's bicubic.",
}


@dataclass
class Row:
    """Figures of one group of cases: for each model one `Scores` for each case, in their order."""

    protocol: str
    group: str
    scale: str
    cases: list[Case]
    scores: dict[str, list[Scores]] = field(default_factory=dict)

    @property
    def pictures(self) -> list[str]:
        """The picture of each case."""
        return [case.picture for case in self.cases]

    @property
    def counts(self) -> str:
        """Cases, and from how many pictures where these are fewer."""
        unlike = len(set(self.pictures))
        return f"{len(self.cases)}" if unlike == len(self.cases) else f"{len(self.cases)} of {unlike}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the prepared pictures")
    parser.add_argument("--models", default=DEFAULT, help="cards or .safetensors files of LIIF, separated by commas")
    parser.add_argument("--base", default="liif-edsr", help="the one of them that gains are over")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--page", type=Path, metavar="FILE.png", help="draw twelve crops there")
    protocols = ("clean", "chance", "mixed", "vector", "sets")
    parser.add_argument("--only", nargs="+", choices=protocols, help="these tables only")
    parser.add_argument(
        "--kept", type=Path, metavar="FILE.jsonl.gz", help="keep figures there, and take those that are there"
    )
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK}th crop only")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            report(arguments, Path(scratch))
    except ApercuError as error:
        raise SystemExit(f"{error.message}. {error.hint}".strip()) from error


def report(arguments: argparse.Namespace, scratch: Path) -> None:
    """Measure and print."""
    held_out = load_pictures(arguments.data)
    settings = load_settings()
    contenders = [open_contender(name, settings, scratch) for name in arguments.models.split(",")]
    names = [contender.name for contender in contenders]
    check_names(names, arguments.base)
    step = QUICK if arguments.quick else 1
    wanted = (row for row in groups(held_out, step) if not arguments.only or row.protocol in arguments.only)
    kept = KeptFigures(arguments.kept)
    rows = together([measured(row, contenders, kept) for row in wanted])
    if not arguments.quick:
        kept.forget_replaced()
    print(FIGURES)
    print_tables(rows, names, arguments.base)
    taken = seconds(contenders)
    print_cost(contenders, taken, settings.threads)
    if arguments.json:
        found = {"recipe": held_out.index.recipe, "every": step, "base": arguments.base}
        found |= {"figures": FIGURES, "protocols": PROTOCOLS}
        found |= {"models": costs(contenders, taken), "tables": tables(rows, arguments.base)}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if arguments.page:
        shown = {contender.name: contender for contender in contenders if contender.name != "lanczos"}
        draw_page(held_out, shown, arguments.page)


def check_names(names: list[str], base: str) -> None:
    """Refuse two models of one name, and a base that is none of them."""
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"two models are called {twice.pop()}", hint="A file of weights is called by its name.")
    if base not in names:
        raise InputError(f"the base {base} is none of {', '.join(names)}", hint="Name one of them with --base.")


# --- measuring -------------------------------------------------------------------------------------------------------


def groups(held_out: PictureSet, step: int) -> Iterator[Row]:
    """All groups of cases, each made when it is asked for; of the crops every `step`-th is taken.

    Of vector drawings it is one more, since each has four pairs: a step of four would always meet the same size.
    """
    for style in STYLES:
        if style == "vector":
            continue
        crops = validation_crops(held_out, style)[::step]
        for scale in SCALES:
            yield Row("clean", style, f"x{scale}", clean_cases(crops, scale))
            yield Row("mixed", style, f"x{scale}", mixed_cases(crops, scale))
        crops = validation_crops(held_out, style, chosen="chance")[::step]
        for scale in SCALES:
            yield Row("chance", style, f"x{scale}", clean_cases(crops, scale))
    for scale in SCALES:
        yield Row("vector", "vector", f"x{scale}", vector_cases(held_out, scale)[:: step if step == 1 else step + 1])
    for name in ("Set5", "Set14", "BSD100"):
        if not (ROOT / name).is_dir():
            print(f"left out: {name} is not in {ROOT}", file=sys.stderr)
            continue
        for scale in SCALES:
            paths = pictures(name)[::step]
            yield Row("sets", name, f"x{scale}", [Case(p.stem, scale, "clean", *pair(p, scale)) for p in paths])


def measured(row: Row, contenders: Sequence[Contender], kept: KeptFigures) -> Row:
    """The row with the figures of every model, those that are kept where the same weights met the same cases before."""
    for contender in contenders:
        what = f"{contender.name} {row.protocol} {row.group} {row.scale}"
        tell(what)
        key = figures_key(row, contender)
        if key not in kept:
            kept.add(key, what, evaluate(contender, row.cases))
        row.scores[contender.name] = kept[key]
    tell("")
    return row


def figures_key(row: Row, contender: Contender) -> str:
    """Digest of what the figures depend on: the weights (a formula's name) and the pixels of all cases."""
    digest = hashlib.sha256((file_digest(contender.weights) if contender.weights else contender.name).encode())
    for case in row.cases:
        digest.update(f"{case.scale}{case.lr.shape}{case.hr.shape}".encode())
        digest.update(case.lr.tobytes())
        digest.update(case.hr.tobytes())
    return digest.hexdigest()


def tell(what: str) -> None:
    """Say on a terminal what is being measured."""
    if sys.stderr.isatty():
        print(f"\r{what:<70}", end="" if what else "\r", file=sys.stderr, flush=True)


def together(rows: list[Row]) -> list[Row]:
    """The rows that have cases, and those that join others: all styles at one factor, and one damage at all factors."""
    rows = [row for row in rows if row.cases]
    for protocol in ("clean", "chance", "mixed"):
        for scale in SCALES:
            alike = [row for row in rows if (row.protocol, row.scale) == (protocol, f"x{scale}")]
            rows += [joined(alike, protocol, "all", f"x{scale}")] if alike else []
    mixed = [row for row in rows if row.protocol == "mixed" and row.group != "all"]
    for name, _ in FIXED_DAMAGES:
        whole = joined(mixed, "damage", name, "all")
        chosen = [i for i, case in enumerate(whole.cases) if case.damage == name]
        part = Row("damage", name, "all", [whole.cases[i] for i in chosen])
        part.scores = {model: [scores[i] for i in chosen] for model, scores in whole.scores.items()}
        rows += [part] if chosen else []
    return rows


def joined(rows: list[Row], protocol: str, group: str, scale: str) -> Row:
    """One row with the cases of several."""
    whole = Row(protocol, group, scale, [case for row in rows for case in row.cases])
    for row in rows:
        for model, scores in row.scores.items():
            whole.scores.setdefault(model, []).extend(scores)
    return whole


def gain(row: Row, model: str, base: str, metric: str) -> Gain:
    """Mean gain of a model over the base in a metric, with its interval."""
    pairs = zip(row.scores[model], row.scores[base], strict=True)
    return bootstrap_gain([getattr(a, metric) - getattr(b, metric) for a, b in pairs], row.pictures)


# --- showing ---------------------------------------------------------------------------------------------------------


def print_tables(rows: list[Row], models: list[str], base: str) -> None:
    """For each protocol the figures, and the gains over the base."""
    for protocol, text in PROTOCOLS.items():
        of_it = [row for row in rows if row.protocol == protocol]
        if not of_it:
            continue
        print(f"\n## {text}\n")
        print_table(["pictures", "factor", "cases", *models], ([*head(row), *figures(row, models)] for row in of_it))
        others = [model for model in models if model != base]
        if not others:
            continue
        metric, named = ("psnr_y", "luma") if protocol == "sets" else ("psnr", "RGB")
        print(f"\nGain over {base} in dB ({named}), 95 % interval by picture:\n")
        gains = ([*head(row), *(shown_gain(gain(row, model, base, metric)) for model in others)] for row in of_it)
        print_table(["pictures", "factor", "cases", *others], gains)


def shown_gain(found: Gain) -> str:
    """A gain with its interval."""
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def head(row: Row) -> list[str]:
    """What a row is about."""
    return [row.group, row.scale, row.counts]


def figures(row: Row, models: list[str]) -> list[str]:
    """Means of each model."""
    means = (mean_scores(row.scores[model]) for model in models)
    return [f"{mean.psnr:.2f} / {mean.psnr_y:.2f} / {mean.ssim_y:.4f}" for mean in means]


def print_table(head: list[str], lines: Iterable[list[str]]) -> None:
    """A table in Markdown."""
    print("|", " | ".join(head), "|")
    print("|" + "---|" * len(head))
    for line in lines:
        print("|", " | ".join(line), "|")


def print_cost(contenders: list[Contender], taken: dict[str, float], threads: int) -> None:
    """Time and multiply-adds at x4."""
    print(f"\n## Cost of x4: 128 x 128 to 512 x 512, median of 5 runs in turn on {threads} threads\n")
    lines = []
    for contender in contenders:
        count = multiply_adds(contender)
        counted = "not derived" if count is None else f"{count:,.0f}"
        lines.append([contender.name, f"{taken[contender.name]:.3f}", counted])
    print_table(["model", "seconds", "multiply-adds for an output pixel"], lines)


def costs(contenders: list[Contender], taken: dict[str, float]) -> dict[str, dict[str, object]]:
    """What each model is and costs."""
    return {
        contender.name: {
            "sha256": file_digest(contender.weights) if contender.weights else None,
            "seconds_x4": taken[contender.name],
            "multiply_adds_x4": multiply_adds(contender),
        }
        for contender in contenders
    }


def tables(rows: list[Row], base: str) -> list[dict[str, object]]:
    """Of every row the means and the gains in every figure."""
    return [
        {
            "protocol": row.protocol,
            "group": row.group,
            "factor": row.scale,
            "cases": len(row.cases),
            "pictures": len(set(row.pictures)),
            "scores": {name: mean_scores(scores)._asdict() for name, scores in row.scores.items()},
            "gains": {
                name: {metric: gain(row, name, base, metric)._asdict() for metric in Scores._fields}
                for name in row.scores
                if name != base
            },
        }
        for row in rows
    ]


if __name__ == "__main__":
    main()
