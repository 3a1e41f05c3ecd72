"""Put trained weights into the package, and what was measured into cards and documentation.

`python tools/publish_models.py --measured models.json --weights liif-fast=weights.safetensors ...`, where
`benchmarks/models.py --json` wrote models.json from the very same files. It copies the weights, puts their sha256 and
size on the cards, writes `cards/measured.json`, and writes the parts that follow from it: the claims between the
markers of each card, and the tables between those of docs/models.md. Nothing is written before all of it was checked.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from apercu.evidence.measured import (
    BASE,
    BASE_NAME,
    STYLE_WORDS,
    Gain,
    Measured,
    MeasuredRow,
    Scores,
)
from apercu.records import CardClaim, ModelCard
from apercu.registry import file_digest, model_cards

ROOT = Path(__file__).parent.parent
LARGEST = 8 * 2**20
"""Bytes of a file of weights that may go into the package."""
STYLES = ("photo", "drawn", "cartoon", "ui")
SETS = ("Set5", "Set14", "BSD100")
RGB = "PSNR over RGB, border of the factor cut"
LUMA = "PSNR of the luma channel, border of the factor cut, no rounding"
TABLES = ("clean", "chance", "mixed", "damage", "vector", "sets")
_DB, _SSIM = 3, 5
"""Decimals that are kept."""


def main() -> None:
    """Check, then write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measured", type=Path, required=True, metavar="FILE", help="what benchmarks/models.py wrote")
    parser.add_argument("--weights", action="append", default=[], metavar="ID=FILE", help="weights of a model")
    parser.add_argument("--draft", action="store_true", help="take figures of a part of the crops, too")
    parser.add_argument("--date", default=f"{datetime.now(UTC):%Y-%m-%d}", help="day of the measurement")
    arguments = parser.parse_args()
    weights = dict(_weights(text) for text in arguments.weights)
    found = json.loads(arguments.measured.read_text(encoding="utf-8"))
    if found["every"] != 1 and not arguments.draft:
        raise SystemExit(f"only one of {found['every']} crops was measured, expected all: leave --quick")
    names = published_names(found["models"], weights)
    publish(ROOT, compact(found, names, arguments.date), weights)


def publish(root: Path, measured: Measured, weights: dict[str, Path]) -> None:
    """Write everything below `root`, a checkout of the project."""
    package = root / "src" / "apercu"
    for name, path in weights.items():
        card = model_cards()[name]
        target = package / "weights" / str(card.weights and card.weights.file)
        if not (target.exists() and target.samefile(path)):
            shutil.copyfile(path, target)
        sha256, size = measured.weights[name], target.stat().st_size
        edit(package / "cards" / "models" / f"{name}.toml", partial(with_weights, sha256=sha256, size=size))
        print(f"{name}: {size:,} bytes, sha256 {sha256}")
    (package / "cards" / "measured.json").write_text(as_text(measured), encoding="utf-8")
    for name in measured.costs:
        edit(package / "cards" / "models" / f"{name}.toml", partial(with_claims, measured=measured))
    edit(root / "docs" / "models.md", partial(with_tables, measured=measured))


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Replace the text of a file by what `change` makes of it."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


# --- from the benchmark's figures to those that are kept -------------------------------------------------------------


def _weights(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    card, file = model_cards().get(name), Path(path)
    if card is None or card.weights is None or card.weights.file is None:
        raise SystemExit(f"{name!r} is no model whose weights are in the package, expected --weights ID=FILE")
    if not file.is_file():
        raise SystemExit(f"there is no file {path!r} for {name}")
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{path} has {file.stat().st_size:,} bytes, expected at most {LARGEST:,}: it is not shipped")
    return name, file


def published_names(models: dict[str, Any], weights: dict[str, Path]) -> dict[str, str]:
    """The id of the card of each measured model, by its name in the benchmark.

    Weights that are given say by their sha256 which of the measured ones they are; any other must be what the card
    already names. A measured model that no card knows is left out, and said.
    """
    by_digest = {file_digest(path): name for name, path in weights.items()}
    names = {name: by_digest.get(entry["sha256"], name) for name, entry in models.items()}
    for given in weights:
        if given not in names.values():
            raise SystemExit(f"the weights given for {given} were not measured: expected them in --measured")
    for name, id in list(names.items()):
        card = model_cards().get(id)
        if card is None:
            print(f"left out: {name} has no card")
            del names[name]
        elif id not in weights and models[name]["sha256"] != (card.weights.sha256 if card.weights else None):
            raise SystemExit(f"{name} was measured with other weights than its card names: give them with --weights")
    if BASE not in names.values():
        raise SystemExit(f"the base {BASE} was not measured")
    return names


def compact(found: dict[str, Any], names: dict[str, str], date: str) -> Measured:
    """The figures that are kept, rounded; the models under the ids of their cards."""
    models = {id: found["models"][name] for name, id in names.items()}
    return Measured.model_validate(
        {
            "date": date,
            "base": names[found["base"]],
            "every": found["every"],
            "figures": found["figures"],
            "protocols": found["protocols"],
            "weights": {id: entry["sha256"] for id, entry in models.items() if entry["sha256"]},
            "costs": {
                id: {"seconds_x4": round(entry["seconds_x4"], 3), "multiply_adds_x4": entry["multiply_adds_x4"]}
                for id, entry in models.items()
            },
            "rows": [_row(table, names) for table in found["tables"]],
        }
    )


def _row(table: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    metric = "psnr_y" if table["protocol"] == "sets" else "psnr"
    scores = {id: table["scores"][name] for name, id in names.items()}
    gains = {id: table["gains"][name][metric] for name, id in names.items() if name in table["gains"]}
    return {
        "protocol": table["protocol"],
        "group": table["group"],
        "factor": None if table["factor"] == "all" else int(table["factor"].removeprefix("x")),
        "cases": table["cases"],
        "pictures": table["pictures"],
        "scores": {
            id: Scores(round(each["psnr"], _DB), round(each["psnr_y"], _DB), round(each["ssim_y"], _SSIM))
            for id, each in scores.items()
        },
        "gains": {id: Gain(*(round(each[part], _DB) for part in Gain._fields)) for id, each in gains.items()},
    }


def as_text(measured: Measured) -> str:
    """JSON with one line for each row."""
    head = measured.model_dump(mode="json", exclude={"rows"})
    rows = ",\n  ".join(json.dumps(row.model_dump(mode="json")) for row in measured.rows)
    return json.dumps(head, indent=1).removesuffix("\n}") + f',\n "rows": [\n  {rows}\n ]\n}}\n'


# --- cards -----------------------------------------------------------------------------------------------------------


def with_weights(card: str, sha256: str, size: int) -> str:
    """A card's text with the hash and the size of its weights."""
    card = re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{sha256}"', card, count=1)
    return re.sub(r"(?m)^size = \d+$", f"size = {size}", card, count=1)


def with_claims(text: str, measured: Measured) -> str:
    """A card's text with the claims that follow from the figures; without any yet, they are put at the end."""
    found = re.search(r'(?m)^id = "(.+)"$', text)
    card = model_cards()[found[1] if found else ""]
    written = "\n".join(_claim_text(claim) for claim in claims(card, measured))
    return between(text, "# measured:begin (tools/publish_models.py)", "# measured:end", written)


def claims(card: ModelCard, measured: Measured) -> Iterator[CardClaim]:
    """What the figures say of a model, in sentences that stand alone."""
    drafts = {
        "measured-clean": _by_style(card, measured, "clean"),
        "measured-mixed": _by_style(card, measured, "mixed"),
        "measured-vector": _vector(card, measured),
        "measured-set5": "" if any(claim.id == "result-set5" for claim in card.claims) else _set5(card, measured),
        "measured-worse": _worst(card, measured),
    }
    verified = "measured with the weights of this card" if card.weights else "measured"
    for id, text in drafts.items():
        if text:
            yield CardClaim(
                id=id, kind="result", text=text, source="apercu", locator="benchmarks/models.py", verified=verified
            )


def _by_style(card: ModelCard, measured: Measured, protocol: str) -> str:
    """One sentence about all styles at the middle factor."""
    rows = [row for style in STYLES for row in _rows(measured, protocol, style) if row.factor == 3]
    figures = [f"{row.scores[card.id].psnr:.2f}" for row in rows]
    if not rows:
        return ""
    words = [f"{figures[0]} dB on {STYLE_WORDS[rows[0].group]}"]
    words += [f"{figure} on {STYLE_WORDS[row.group]}" for figure, row in zip(figures[1:], rows[1:], strict=True)]
    how = "shrunk 3 times by Pillow" if protocol == "clean" else "shrunk 3 times and damaged in mixed ways"
    return f"On held-out crops, {how}, {_subject(card)} reaches {_listed(words)} ({RGB})."


def _vector(card: ModelCard, measured: Measured) -> str:
    rows = _rows(measured, "vector", "vector")
    if not rows:
        return ""
    figures = _listed([f"{row.scores[card.id].psnr:.2f}" for row in rows])
    factors = _listed([f"x{row.factor}" for row in rows])
    return f"On held-out vector drawings, rendered twice, {_subject(card)} reaches {figures} dB at {factors} ({RGB})."


def _set5(card: ModelCard, measured: Measured) -> str:
    rows = _rows(measured, "sets", "Set5")
    if not rows:
        return ""
    figures = _listed([f"{row.scores[card.id].psnr_y:.2f}" for row in rows])
    factors = _listed([f"x{row.factor}" for row in rows])
    return f"On Set5, shrunk with Pillow, {_subject(card)} reaches {figures} dB at {factors} ({LUMA})."


def _worst(card: ModelCard, measured: Measured) -> str:
    """Where a trained model is surely behind the official weights, and by how much."""
    if card.family != "LIIF" or card.id == BASE:
        return ""
    groups = (*STYLES, "vector", *SETS)
    behind = [row for row in measured.rows if row.group in groups and row.gains[card.id].high < 0]
    if not behind:
        return ""
    row = min(behind, key=lambda row: row.gains[card.id].mean)
    gain = row.gains[card.id]
    metric = LUMA.partition(",")[0] if row.protocol == "sets" else RGB.partition(",")[0]
    return (
        f"{_subject(card)} falls furthest behind the official weights on {_where(row)}, by {-gain.mean:.2f} dB, "
        f"95 % interval {-gain.high:.2f} to {-gain.low:.2f} ({metric}, border of the factor cut)."
    )


def _where(row: MeasuredRow) -> str:
    named = STYLE_WORDS.get(row.group, "vector drawings" if row.group == "vector" else row.group)
    how = {"mixed": " with mixed damage", "chance": " at places by chance"}.get(row.protocol, "")
    return f"{named}{how} at x{row.factor}"


def _subject(card: ModelCard) -> str:
    """The name that sentences use."""
    name = card.name.removeprefix("SISR-Any-")
    return name[0].lower() + name[1:] if card.family == "interpolation" and not name.startswith("Lanczos") else name


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _rows(measured: Measured, protocol: str, group: str) -> list[MeasuredRow]:
    return [row for row in measured.rows if (row.protocol, row.group) == (protocol, group)]


def _claim_text(claim: CardClaim) -> str:
    return "[[claims]]\n" + "".join(f"{field} = {json.dumps(text)}\n" for field, text in claim.model_dump().items())


# --- tables ----------------------------------------------------------------------------------------------------------


def with_tables(page: str, measured: Measured) -> str:
    """The page with the tables that follow from the figures."""
    return between(page, "<!-- measured:begin -->", "<!-- measured:end -->", "\n".join(tables(measured)))


def tables(measured: Measured) -> Iterator[str]:
    """Lines of Markdown: for each protocol the means, then the gains over the base, and last the cost."""
    models = list(measured.costs)
    part = "" if measured.every == 1 else f" A draft: only one of {measured.every} crops was taken."
    yield f"Measured on {measured.date} by `benchmarks/models.py`.{part} {measured.figures.partition('. ')[2]}"
    yield f"After each mean stands the gain over `{BASE}` with its 95 % interval (bootstrap by picture)."
    for protocol in TABLES:
        rows = [row for row in measured.rows if row.protocol == protocol]
        if rows:
            yield f"\n{measured.protocols[protocol]} PSNR {'of luma' if protocol == 'sets' else 'over RGB'} in dB:\n"
            cells = (_head(row) + [_cell(row, model) for model in models] for row in rows)
            yield from _table(["pictures", "factor", "cases", *(f"`{model}`" for model in models)], cells)
    yield "\nCost of 128 x 128 to 512 x 512 pixels:\n"
    base = measured.costs[BASE].seconds_x4
    lines = (
        [f"`{model}`", f"{cost.seconds_x4 / base:.3f}", _count(cost.multiply_adds_x4)]
        for model, cost in measured.costs.items()
    )
    yield from _table(["model", f"time, {BASE_NAME} = 1", "multiply-adds for an output pixel"], lines)


def _count(multiply_adds: float | None) -> str:
    return "not derived" if multiply_adds is None else f"{multiply_adds:,.0f}"


def _head(row: MeasuredRow) -> list[str]:
    named = row.group if row.protocol in ("sets", "damage") else _where(row).partition(" with")[0].partition(" at")[0]
    crops = f"{row.cases}" if row.cases == row.pictures else f"{row.cases} of {row.pictures} pictures"
    return ["all" if row.group == "all" else named, "all" if row.factor is None else f"x{row.factor}", crops]


def _cell(row: MeasuredRow, model: str) -> str:
    mean = row.scores[model].psnr_y if row.protocol == "sets" else row.scores[model].psnr
    gain = row.gains.get(model)
    return f"{mean:.2f}" + (f" / {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]" if gain else "")


def _table(head: list[str], lines: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for line in lines:
        yield f"| {' | '.join(line)} |"


def between(text: str, begin: str, end: str, written: str) -> str:
    """The text with what lies between two markers replaced; without markers they are put at its end."""
    if begin not in text:
        text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{written.rstrip()}\n{end}{rest.split(end, 1)[1]}"


if __name__ == "__main__":
    main()
