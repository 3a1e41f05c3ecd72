"""The gate lets a sentence pass only while it stays inside the provided sources."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apercu.answer.gate import check_claims
from apercu.records import Claim, Support

TEXTS = {
    "model:rdn": "Model: SISR-Any-LIIF-RDN\nPaper: https://arxiv.org/pdf/2012.09161",
    "card:liif-rdn": "SISR-Any-LIIF-RDN reaches 34.99 and 31.26 dB at x2 and x3, "
    "with 2,500 pictures of a real “test set”.",
}
LINKS = frozenset({"https://arxiv.org/pdf/2012.09161", "https://example.org/wiki/High_(range)"})
KNOWN = ("SISR-Any-LIIF-RDN", "SISR-Any-LIIF-EDSR", "DreamShaper", "REAL", "CoF", "Latent diffusion")


def support(source: str = "card:liif-rdn", quote: str | None = None) -> Support:
    text = TEXTS[source]
    start = 0 if quote is None else text.index(quote)
    quote = text if quote is None else quote
    return Support(source=source, start=start, end=start + len(quote), quote=quote)


def refusal(text: str, *supports: Support) -> str:
    """Why the gate refuses a sentence; nothing when it passes."""
    claim = Claim(id="task-1", part="task", text=text, supports=supports)
    passed, refused = check_claims([claim], TEXTS, provided_links=LINKS, known_names=KNOWN)
    assert (passed == (claim,)) is not bool(refused)
    return refused[0].why if refused else ""


@pytest.mark.parametrize(
    "text",
    [
        "It enlarges.",
        "SISR-Any-LIIF-RDN reaches 34.99 dB at x2.",
        "It names the “test set” and 2,500 pictures.",
        "See https://arxiv.org/pdf/2012.09161.",
        "See https://example.org/wiki/High_(range), or (https://arxiv.org/pdf/2012.09161).",
        "It keeps what is real.",
    ],
)
def test_a_sentence_that_its_quotes_bear_out_passes(text: str) -> None:
    assert refusal(text, support()) == ""


@pytest.mark.parametrize("unit", ["a", "a.", "“", "www.", "_"])
def test_a_hostile_name_of_any_length_is_gone_through_once(unit: str) -> None:
    name = unit * 200_000
    claim = Claim(id="sources-1", part="sources", text=name, supports=(_at(0, len(name), name),))
    passed, refused = check_claims([claim], {"s": name}, provided_links=frozenset(), known_names=KNOWN)
    assert len(passed) + len(refused) == 1


def test_a_sentence_without_a_support_is_refused() -> None:
    assert refusal("It enlarges.") == "it rests on nothing"


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [
        (0, 17, "SISR-any-LIIF-RDN"),  # other capitals
        (1, 18, "SISR-Any-LIIF-RDN"),  # shifted by one
        (0, 16, "SISR-Any-LIIF-RDN"),  # cut short
        (0, 0, ""),
        (-5, 0, ""),
        (-5, 9999, "set”."),  # counted from the end
        (17, 0, "SISR-Any-LIIF-RDN"),
        (900, 917, "SISR-Any-LIIF-RDN"),
    ],
)
def test_a_quote_that_does_not_stand_at_its_place_is_refused(start: int, end: int, quote: str) -> None:
    bad = Support(source="card:liif-rdn", start=start, end=end, quote=quote)
    assert "does not stand at" in refusal("It enlarges.", bad)
    assert "does not stand at" in refusal("It enlarges.", support(), bad)


def test_a_source_that_the_answer_does_not_hold_is_refused() -> None:
    foreign = Support(source="card:liif-edsr", start=0, end=4, quote="LIIF")
    assert "'card:liif-edsr', which is not a source" in refusal("It enlarges.", foreign)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/model",
        "HTTPS://ARXIV.ORG/pdf/2012.09161",
        "https://arxiv.org/pdf/2012.09161v2",
        "https://arxiv.org/pdf/2012.09161/",
        "https://arxiv.org/pdf/2012.09161?x=y",
        "https://arxiv.org/pdf/2012.0916",
        "http://arxiv.org/pdf/2012.09161",
        "ftp://arxiv.org/pdf/2012.09161",
        "www.evil.example",
    ],
)
def test_an_address_that_is_not_byte_for_byte_a_provided_one_is_refused(url: str) -> None:
    assert "which was not provided" in refusal(f"See {url} for more.", support("model:rdn"), support())


@pytest.mark.parametrize("words", ["35.99 dB", "34.9 dB", "34 dB", "2500 pictures", "9 pixels", "at x4", "a 3x factor"])
def test_a_number_that_stands_in_no_quote_is_refused(words: str) -> None:
    assert "does not stand in its quotes" in refusal(f"It reaches {words}.", support())


def test_a_number_must_stand_in_the_quote_and_not_only_in_the_source() -> None:
    assert refusal("It reaches 31.26 dB.", support(quote="34.99 and 31.26")) == ""
    assert "the number 31.26" in refusal("It reaches 31.26 dB.", support(quote="34.99"))


def test_words_in_quotation_marks_must_stand_in_a_quote() -> None:
    assert "“test sets” do not stand" in refusal("It names “test sets”.", support())
    assert "“Test set” do not stand" in refusal("It names a “Test set”.", support())


@pytest.mark.parametrize(
    "name", ["SISR-Any-LIIF-EDSR", "sisr-any-liif-edsr", "DreamShaper", "REAL", "CoF", "latent  Diffusion"]
)
def test_a_model_or_paper_that_the_sources_do_not_name_is_refused(name: str) -> None:
    assert "which the sources do not name" in refusal(f"{name} would do better.", support())


def test_one_bad_sentence_takes_no_good_one_with_it() -> None:
    good = Claim(id="task-1", part="task", text="It enlarges.", supports=(support(),))
    bad = Claim(id="task-2", part="task", text="It is 7 times better.", supports=(support(),))
    passed, refused = check_claims([bad, good, bad], TEXTS, provided_links=LINKS, known_names=KNOWN)
    assert passed == (good,)
    assert [dropped.text for dropped in refused] == [bad.text, bad.text]


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, int, int]:
    text = draw(st.text(min_size=1, max_size=80))
    start = draw(st.integers(0, len(text) - 1))
    return text, start, draw(st.integers(start + 1, len(text)))


@given(spans(), st.text(min_size=1, max_size=80), st.integers(-3, 3))
def test_only_the_very_words_at_the_very_place_are_a_quote(span: tuple[str, int, int], other: str, shift: int) -> None:
    text, start, end = span

    def passes(start: int, end: int, quote: str) -> bool:
        claim = Claim(id="task-1", part="task", text="It is so.", supports=(_at(start, end, quote),))
        return bool(check_claims([claim], {"s": text}, provided_links=frozenset(), known_names=())[0])

    assert passes(start, end, text[start:end])
    assume(other != text[start:end])
    assert not passes(start, end, other)
    assert not passes(start, end, text[start:end] + other)
    moved = text[start + shift : end + shift] if start + shift >= 0 else ""
    if moved != text[start:end]:
        assert not passes(start + shift, end + shift, text[start:end])


def _at(start: int, end: int, quote: str) -> Support:
    return Support(source="s", start=start, end=end, quote=quote)


# --- what is predicted ------------------------------------------------------------------------------------------------


WEB = "liif-edsr-web is predicted to measure +4.0 dB over bicubic at x3 (+0.2 to +7.7 in 9 of 10 pictures)"
ART = "liif-edsr-art is predicted to measure -1.3 dB over bicubic at x3 (-5.1 to +2.5 in 9 of 10 pictures)"
CHOICE = {"choice": f"taken: liif-edsr-web\n{WEB}; learned from 570 measurements\n{ART}; learned from 570 measurements"}


def prediction_refusal(text: str, *quotes: str, source: str = "choice") -> str:
    texts = {source: CHOICE["choice"]}
    supports = []
    for quote in quotes:
        start = texts[source].index(quote)
        supports.append(Support(source=source, start=start, end=start + len(quote), quote=quote))
    claim = Claim(id="task-1", part="task", text=text, supports=tuple(supports))
    _, refused = check_claims([claim], texts, provided_links=LINKS, known_names=KNOWN)
    return refused[0].why if refused else ""


def test_a_prediction_passes_word_for_word() -> None:
    assert prediction_refusal(f"In short: it was chosen: {WEB}.", WEB) == ""
    assert prediction_refusal(f"First comes {WEB}. Then {ART}.", WEB, ART) == ""


@pytest.mark.parametrize(
    "changed",
    [
        WEB.replace("+4.0", "+5.0"), WEB.replace("+4.0", "+7.7"), WEB.replace("+4.0", "-4.0"),
        WEB.replace("+4.0", "4.0"), WEB.replace("+0.2", "-0.2"), "liif-edsr-web gains +7.7 dB",
        WEB.replace("x3", "x4"), WEB.replace("bicubic", "lanczos"),
        WEB.replace("liif-edsr-web", "liif-edsr-art"), WEB.replace("edsr-web is", "edsr-web surely is"),
        WEB.replace("is predicted", "is  predicted"), WEB.replace(" in 9 of 10 pictures", ""), WEB.removesuffix(")"),
        WEB.replace("liif-", ""), ART,
    ],
)  # fmt: skip
def test_a_changed_prediction_is_refused(changed: str) -> None:
    assert prediction_refusal(f"In short: it was chosen: {changed}.", WEB) != ""


def test_a_prediction_is_bound_to_its_model_also_where_the_quote_is_cut_to_fit() -> None:
    cut = WEB.removeprefix("liif-")
    assert "no quote from the prediction" in prediction_refusal(f"It was chosen: {cut}.", cut)


def test_only_the_choice_of_this_answer_predicts() -> None:
    assert "no quote from the prediction" in prediction_refusal(f"It says: {WEB}.", WEB, source="paper:1")


def test_a_number_keeps_its_sign() -> None:
    quote = "reaches 34.99 and 31.26 dB"
    assert "+34.99 does not stand" in refusal("It reaches +34.99 dB.", support(quote=quote))
    assert refusal("It reaches 34.99 dB.", support(quote=quote)) == ""
