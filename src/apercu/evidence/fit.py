"""The verdict on each provided model and paper, with its reason and the words that it rests on.

It is direct, transferable, off-topic or not enough information.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apercu.addresses import links, mentioned_links, not_links
from apercu.evidence.cards import arxiv_id, find_paper, repository
from apercu.evidence.topics import RELATED, Hit, fixed_factor, quality_words, task_of_name, tasks_in
from apercu.records import (
    Brief,
    BriefEntry,
    CardClaim,
    Dossier,
    Level,
    ModelCard,
    Paper,
    Relation,
    Source,
    Support,
    Task,
    Verdict,
)
from apercu.registry import named_cards
from apercu.settings import Settings
from apercu.tasks import TASK_WORDS

_SET_ASIDE = re.compile(
    r"\b(?:unlike|instead of|rather than|other than|as opposed to|without|beyond|not|no|nor|never|such as|e\.g\.|"
    r"including|(?:results?|experiments?|evaluat\w+|tested|applied|applications?) (?:on|to|in|for|include))"
    r"(?:[\s,(]+[\w-]+){0,5}[\s,(]+$",
    re.IGNORECASE,
)
"""What stands before the words for a task that an item sets itself apart from, or names as an example."""


_OF_QUALITY = (
    "Apercu finds no words for enlarging pictures in its text, but it speaks of “{}”, which can be asked of an "
    "enlarged picture too."
)


class _Fit(NamedTuple):
    verdict: Verdict
    reason: str
    supports: tuple[Support, ...]
    names_task: bool = False


def judge(brief: Brief, task: Task, level: Level, settings: Settings | None = None) -> Dossier:
    """Judge every item of a brief.

    Args:
        brief: the provided models and papers.
        task: what the question is about.
        level: at "prompt" only the brief's own words count; otherwise also our cards about the very same items.
        settings: where the models are that somebody added; by default as `load_settings` finds them.
    """
    named, counts = named_cards(settings), Counter[str]()
    sources: list[Source] = []
    texts: dict[str, str] = {}
    claims: dict[str, tuple[CardClaim, ...]] = {}
    for kind, entries in (("model", brief.models), ("paper", brief.papers)):
        for entry in entries:
            name = _unique(_source_id(kind, entry), texts, counts)
            texts[name] = entry_text(entry)
            card = (
                None
                if level == "prompt"
                else (model_card_of(entry, named) if kind == "model" else find_paper(entry.name, links(entry)))
            )
            card_id = None
            if card:
                card_id = _unique(f"card:{card.id}", texts, counts)
                texts[card_id], claims[card_id] = card_text(card), card.claims
            fit = (
                _fit_by_card(card, task, card_id, texts)
                if card and card_id
                else _fit_by_words(kind, entry, task, name, texts)
            )
            sources.append(
                Source(
                    id=name,
                    kind="model" if kind == "model" else "paper",
                    name=entry.name,
                    verdict=fit.verdict,
                    reason=fit.reason,
                    links=links(entry),
                    mentioned_links=mentioned_links(entry),
                    not_links=not_links(entry),
                    card=card_id,
                    supports=fit.supports,
                    names_task=fit.names_task or fit.verdict == "direct",
                )
            )
    return Dossier(sources=tuple(sources), texts=texts, claims=claims)


def entry_text(entry: BriefEntry) -> str:
    """An entry's own words, line by line as a prompt gives them."""
    lines = [f"Model: {entry.name}", f"Paper: {entry.paper}"]
    lines += [f"GitHub: {entry.github}"] if entry.github else []
    lines += [f"Summary: {entry.summary}"] if entry.summary else []
    return "\n".join(lines)


def card_text(card: ModelCard | Paper) -> str:
    """All that a card says in words: what it is about, how it bears on tasks, its claims and where they stand.

    One line each; it holds no address.
    """
    relations = [f"{relation.task}: {relation.reason}" for relation in card.relations]
    claims = [f"{claim.text} [{claim.locator}; checked: {claim.verified}]" for claim in card.claims]
    return "\n".join([f"{_short(card)}: {card.about}.", *relations, *claims])


def _short(card: ModelCard | Paper) -> str:
    return card.name if isinstance(card, ModelCard) else card.short


def model_card_of(entry: BriefEntry, named: Mapping[str, ModelCard]) -> ModelCard | None:
    """The card of a provided model, ours or an added one's: the name is its, and the links given do not say otherwise.

    A name alone can belong to something else: with an arXiv number or a repository that the card does not know, there
    is no card. `named` are the cards by their names, as `named_cards` gives them.
    """
    card = named.get(entry.name.strip().casefold())
    if card is None:
        return None
    known = {name for link in card.links for name in (arxiv_id(link), repository(link)) if name}
    given = {name for link in links(entry) for name in (arxiv_id(link), repository(link)) if name}
    return card if given <= known else None


def _source_id(kind: str, entry: BriefEntry) -> str:
    number = next((number for link in links(entry) if (number := arxiv_id(link))), None) if kind == "paper" else None
    return f"{kind}:{number or re.sub(r'[^A-Za-z0-9._-]+', '-', entry.name).strip('-')[:48] or 'unnamed'}"


def _unique(name: str, taken: dict[str, str], counts: Counter[str]) -> str:
    """A name that is not taken; `counts` remembers the last number of each, so that many alike take no longer."""
    result = name
    while result in taken:
        counts[name] += 1
        result = f"{name}-{counts[name] + 1}"
    return result


def _quote(texts: dict[str, str], source: str, quote: str) -> Support:
    start = texts[source].index(quote)
    return Support(source=source, start=start, end=start + len(quote), quote=quote)


# --- with a card ------------------------------------------------------------------------------------------------------


def _fit_by_card(card: ModelCard | Paper, task: Task, card_id: str, texts: dict[str, str]) -> _Fit:
    verdict, relation = verdict_on(card, task)
    about = _quote(texts, card_id, f"{_short(card)}: {card.about}.")
    if relation:
        return _Fit(verdict, relation.reason, (_quote(texts, card_id, relation.reason), about))
    contrast = "" if verdict == "direct" else f", and not about {TASK_WORDS[task.id]}"
    return _Fit(verdict, f"It is about {card.about}{contrast}.", (about,))


def verdict_on(card: ModelCard | Paper, task: Task) -> tuple[Verdict, Relation | None]:
    """What a card says about a task: by its relation to it, else direct for the tasks it is made for."""
    relation = next((relation for relation in card.relations if relation.task == task.id), None)
    if relation:
        return relation.verdict, relation
    made_for = (card.task,) if isinstance(card, ModelCard) else card.tasks
    return ("direct" if task.id in made_for and task.id != "other" else "off-topic"), None


# --- without a card ---------------------------------------------------------------------------------------------------


def _fit_by_words(kind: str, entry: BriefEntry, task: Task, name: str, texts: dict[str, str]) -> _Fit:
    stated = task_of_name(entry.name) if kind == "model" else None
    hits = (stated,) if stated else tasks_in(f"{entry.name}\n{entry.summary or ''}")
    if not hits:
        return _fit_without_task(entry, task, name, texts)
    supports = tuple(_quote(texts, name, hit.quote) for hit in hits[:2])
    match = next((hit for hit in hits if hit.task == task.id), None)
    where = "Its name" if stated else "Its text"
    if match and _is_main(match, entry, hits, stated=stated is not None):
        return _fit_of_factor(entry, task, where, (_quote(texts, name, match.quote),), name, texts)
    if match:
        before = f"names “{hits[0].quote}” first: that is {TASK_WORDS[hits[0].task]}"
        why = before if hits[0] != match else "not as what it does itself"
        return _Fit(
            "transferable",
            f"Its text mentions “{match.quote}”, but {why}.",
            (_quote(texts, name, match.quote), *supports),
        )
    if any(hit.task in RELATED.get(task.id, ()) for hit in hits):
        return _Fit(
            "transferable",
            f"{where} says “{hits[0].quote}”: that is {TASK_WORDS[hits[0].task]}, "
            f"which is related to {TASK_WORDS[task.id]} but not the same.",
            supports,
        )
    quality = quality_words(entry.summary or "") if kind == "paper" and task.id == "super_resolution" else None
    if quality:
        return _Fit(
            "transferable",
            _OF_QUALITY.format(quality),
            (_quote(texts, name, quality),),
        )
    return _Fit(
        "off-topic",
        f"{where} says “{hits[0].quote}”: that is {TASK_WORDS[hits[0].task]}, and not {TASK_WORDS[task.id]}.",
        supports,
    )


def _is_main(match: Hit, entry: BriefEntry, hits: Sequence[Hit], *, stated: bool) -> bool:
    """Whether an item is about a task: its name states it, its title names it, or its summary names it first.

    Named once, it must be as what the item does: "unlike super-resolution" and "such as super-resolution" are not.
    """
    summary, words = (entry.summary or "").casefold(), match.quote.casefold()
    if stated or words in entry.name.casefold():
        return True
    if match != hits[0]:
        return False
    return summary.count(words) > 1 or not _SET_ASIDE.search(re.split(r"[.!?;]\s", summary.partition(words)[0])[-1])


def _fit_of_factor(
    entry: BriefEntry, task: Task, where: str, supports: tuple[Support, ...], name: str, texts: dict[str, str]
) -> _Fit:
    """A model whose name fixes its factor fits another factor only with a further resize."""
    fixed = fixed_factor(entry.name)
    if fixed and task.factor and fixed != task.factor:
        token = re.search(r"\d{1,2}x$", entry.name, re.IGNORECASE)
        words = token[0] if token else entry.name
        reason = f"Its name says that it enlarges by “{words}” only; any other factor needs a plain resize after it."
        return _Fit("transferable", reason, (_quote(texts, name, words), *supports), names_task=True)
    return _Fit("direct", f"{where} says “{supports[0].quote}”: that is {TASK_WORDS[task.id]}.", supports)


def _fit_without_task(entry: BriefEntry, task: Task, name: str, texts: dict[str, str]) -> _Fit:
    named = (_quote(texts, name, texts[name].split("\n")[0]),)
    if not entry.summary:
        given = "name and links only, which do not" if links(entry) else "name only, which does not"
        return _Fit("unknown", f"The prompt gives its {given} say what it does.", named)
    quality = quality_words(entry.summary) if task.id == "super_resolution" else None
    if quality:
        return _Fit(
            "transferable",
            _OF_QUALITY.format(quality),
            (_quote(texts, name, quality),),
        )
    first = re.split(r"(?<=[.!?])\s", entry.summary, maxsplit=1)[0][:300]
    return _Fit(
        "off-topic", f"Apercu finds no words for {TASK_WORDS[task.id]} in its text.", (_quote(texts, name, first),)
    )
