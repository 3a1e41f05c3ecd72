"""An answer as Markdown: the three parts that a prompt asks for, what the sources do not say, and the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from apercu.addresses import escaped, without_steering
from apercu.answer.compose import VERDICT_WORDS, verdict_text
from apercu.records import Answer, Claim, Level, Part, Source, Support

LEVEL_WORDS: dict[Level, str] = {
    "prompt": "only the words in the prompt",
    "linked": "the prompt, and Apercu's own cards about the models and papers that it provides",
    "open": "models and papers that Apercu chose, and its own cards about them",
}
_HEADINGS: tuple[tuple[Part, str], ...] = (
    ("task", "1. The task"),
    ("workflow", "2. How it works: input → model → output"),
    ("sources", "3. Papers and tools"),
    ("limits", "What the sources do not say"),
)
_LONGEST_SHOWN = 200


def render_markdown(answer: Answer, *, drawing: str = "") -> str:
    """The whole answer as Markdown.

    Every provided address stands once, in part 3, on a line of its own after its label.

    Args:
        answer: a checked answer.
        drawing: the workflow as text, shown in part 2.
    """
    marks = {claim.id: mark for mark, claim in enumerate(answer.claims, start=1)}
    lines = [f"# {plain(answer.question)}", "", f"*Level: {answer.level} ({LEVEL_WORDS[answer.level]}).*", ""]
    for part, heading in _HEADINGS:
        lines += [f"## {heading}", ""]
        if part == "sources":
            lines += _source_lines(answer, marks)
        else:
            lines += [
                f"- {plain(claim.text)} [{marks[claim.id]}]" for claim in answer.claims if claim.part == part
            ] or ["- Nothing further was found."]
        if part == "workflow" and drawing:
            lines += ["", "```text", drawing.replace("```", "'''").rstrip(), "```"]
        lines.append("")
    lines += ["## Evidence", ""]
    names = {source.id: source.name for source in answer.sources}
    cards = {source.card: f"card of {source.name}" for source in answer.sources if source.card}
    lines += [f"{marks[claim.id]}. {'; '.join(_evidence(answer, claim, names, cards))}" for claim in answer.claims]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it is: one line that opens no tag, link, emphasis or list and steers no terminal.

    Control and direction-changing characters become U+FFFD; an address in the text does not turn into a link.
    """
    text = without_steering(" ".join(text.split()), "\ufffd")
    text = re.sub(r"([\\`*_\[\]<>&~])", r"\\\1", text)
    text = re.sub(r"(?i)\b(www)\.", r"\1\\.", text.replace("://", "\\://"))
    return re.sub(r"^(\d*)([#+\-=.)])(?=[#=\s]|$)", r"\1\\\2", text)


def _source_lines(answer: Answer, marks: dict[str, int]) -> Iterator[str]:
    printed: set[str] = set()
    claims = [claim for claim in answer.claims if claim.part == "sources"]
    by_text = {claim.text: claim for claim in claims}
    for kind, heading in (("model", "### Models"), ("paper", "### Papers")):
        sources = [source for source in answer.sources if source.kind == kind]
        yield from (heading, "")
        if not sources:
            yield from ("- None is provided.", "")
        for source in sources:
            claim = by_text.get(verdict_text(source))
            reason = f" {plain(source.reason)} [{marks[claim.id]}]" if claim else ""
            yield f"- **{plain(source.name)}**: *{VERDICT_WORDS[source.verdict]}*.{reason}"
            yield from (f"  - {line}" for line in _link_lines(source, printed))
        yield ""
    verdicts = {verdict_text(source) for source in answer.sources}
    further = [f"- {plain(claim.text)} [{marks[claim.id]}]" for claim in claims if claim.text not in verdicts]
    if further:
        yield from ("### What they contribute", "", *further)


def _link_lines(source: Source, printed: set[str]) -> Iterator[str]:
    """The provided addresses that were not shown before, as they are."""
    for label, links in (("link:", source.links), ("its summary also names:", source.mentioned_links)):
        for link in links:
            yield "the link given above" if link in printed else f"{label} {_address(link)}"
            printed.add(link)
    yield from (plain(line) for line in without_address(source))


def without_address(source: Source) -> Iterator[str]:
    """What stands in place of links: what was given as one and holds no address, or that there is none."""
    for value in source.not_links:
        yield f"what was given as a link is no address: {escaped(value, longest=_LONGEST_SHOWN)}"
    if not (source.links or source.mentioned_links or source.not_links):
        yield "no link was provided"


def _address(link: str) -> str:
    """An address byte for byte; in angle brackets where Markdown would read some of its characters as its own."""
    return f"<{link}>" if re.search(r"[\[\]*_~&]", link) else link


def _evidence(answer: Answer, claim: Claim, names: Mapping[str, str], cards: Mapping[str, str]) -> Iterator[str]:
    for support in claim.supports:
        name = names.get(support.source) or cards.get(support.source) or support.source
        yield f"{plain(name)}{_where(answer, support, of_card=support.source in cards)}"


def _where(answer: Answer, support: Support, *, of_card: bool) -> str:
    """A quote, or for a card's sentence the place where it was checked. Addresses are left to part 3."""
    after = answer.source_texts[support.source][support.end :].split("\n")[0]
    if after.startswith(" [") and of_card:
        return f", {plain(after.strip(' []'))}"
    quote = " / ".join(line for line in support.quote.split("\n") if "://" not in line)
    return f": “{plain(quote)}”"
