"""What the sentences of an answer are made of: the texts that may be quoted, and how a place in them is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apercu.answer.texts import choice_text, plan_text, reading_text, run_text
from apercu.records import CardClaim, Choice, Dossier, Level, Plan, RunRecord, Source, Support, Task

Draft = tuple[str, tuple[Support, ...]]
"""A sentence and the words that it rests on."""


@dataclass(frozen=True)
class Material:
    """All that the sentences are made of."""

    task: Task
    dossier: Dossier
    texts: Mapping[str, str]
    run: RunRecord | None
    choice: Choice | None = None
    given: bool = False
    """Whether a factor or a size was given beside the question."""
    level: Level = "linked"
    unused: tuple[str, ...] = ()
    """The provided models that no step of the workflow is by."""

    def quote(self, source: str, words: str) -> Support:
        """The first place of some words in a source."""
        start = self.texts[source].index(words)
        return Support(source=source, start=start, end=start + len(words), quote=words)

    def line(self, source: str, start: str) -> Support:
        """The line of a source that begins with `start`."""
        return self.quote(source, next(line for line in self.texts[source].split("\n") if line.startswith(start)))

    def entry(self, source: Source) -> Support:
        """The line that names a provided model or paper."""
        return self.quote(source.id, f"Model: {source.name}")

    def question(self) -> Support:
        """The whole question."""
        return self.quote("question", self.texts["question"])

    def facets(self, kind: str, value: str | None = None) -> tuple[Support, ...]:
        """The words of the question that a kind of facet was read from, or only those of one value."""
        return tuple(
            Support(source="question", start=facet.start, end=facet.end, quote=facet.quote)
            for facet in self.task.facets
            if facet.kind == kind and value in (None, facet.value)
        )

    def summary(self, source: Source) -> str:
        """A provided item's summary, or nothing."""
        return self.texts[source.id].partition("\nSummary: ")[2]

    def claims_of(self, source: Source, *kinds: str) -> Iterator[tuple[str, tuple[Support, ...]]]:
        """The card claims of a source that are of some kinds, in the card's order, each with its place."""
        for claim in self.card_claims(source):
            if claim.kind in kinds and source.card:
                yield claim.text, (self.quote(source.card, claim.text),)

    def card_claims(self, source: Source) -> tuple[CardClaim, ...]:
        """Every claim of a source's card, none when it has no card."""
        return self.dossier.claims.get(source.card or "", ())


def gather_texts(
    question: str,
    task: Task,
    dossier: Dossier,
    plan: Plan,
    run: RunRecord | None,
    *,
    status: Mapping[str, str],
    choice: Choice | None = None,
) -> dict[str, str]:
    """Every text that this answer may quote, by source id.

    Args:
        question: as it was asked.
        task: what was read from it.
        dossier: the provided items and their texts.
        plan: the workflow; an empty one gives no text.
        run: what was run, or None.
        status: what is true of each model on this machine, by model id.
        choice: why Apercu took the model, or None.
    """
    texts = {"question": question, "reading": reading_text(task), **dossier.texts}
    if plan.nodes:
        texts["plan"] = plan_text(plan, status)
    if choice:
        texts["choice"] = choice_text(choice)
    if run:
        texts["run"] = run_text(run)
    return texts
