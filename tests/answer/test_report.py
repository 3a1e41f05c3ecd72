"""The HTML report: whole in itself, safe with hostile words, and usable with mouse, touch and keyboard."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fixture import ANSWER, PLAN, RUN, TEXTS, WITHOUT_RUN, claim, pictures, support

from apercu.answer.report import ReportPictures, render_html
from apercu.errors import CitationError
from apercu.plan.draw import draw_svg, flow_shapes
from apercu.records import NO_MODEL, Answer, NodeRun, Source, Support

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script></script><!-- {{title}} '"
CHROMIUM = shutil.which("chromium")


class Reader(HTMLParser):
    """Collects the tags, the addresses of links, and the shown text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.links: list[str | None] = []
        self.rels: list[str | None] = []
        self.text: list[str] = []
        self.marks: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += attrs
        if tag == "a" and not (dict(attrs)["href"] or "").startswith("#"):
            self.links.append(dict(attrs)["href"])
            self.rels.append(dict(attrs).get("rel"))

    def handle_data(self, data):
        tag = self._open[-1] if self._open else ""
        if tag not in {"script", "style"}:
            self.text.append(data)
        if tag == "mark":
            self.marks.append(data)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass


def report(answer: Answer = ANSWER, shown: ReportPictures | None = None) -> str:
    svg = draw_svg(answer.plan, flow_shapes(answer.plan, (64, 48)), status={node.id: "done" for node in PLAN.nodes})
    return render_html(answer, shown or pictures(), plan_svg=svg, licences={"liif-edsr": "BSD-3-Clause"})


def text_of(html: str) -> str:
    return " ".join(" ".join(Reader(html).text).split())


def hostile_answer() -> Answer:
    text = f"before {HOSTILE} after"
    quote = Support(source="m", start=7, end=7 + len(HOSTILE), quote=HOSTILE)
    source = Source(
        id="m", kind="model", name=HOSTILE, verdict="unknown", reason=HOSTILE, links=("javascript:alert(3)",)
    )
    words = {"warnings": (HOSTILE,), "model": HOSTILE, "versions": {HOSTILE: HOSTILE}, "input": HOSTILE}
    run = RUN.model_copy(update=words)
    return ANSWER.model_copy(
        update={
            "question": HOSTILE,
            "sources": (source,),
            "claims": (claim("c1", "task", HOSTILE).model_copy(update={"supports": (quote,)}),),
            "source_texts": {"m": text},
            "run": run,
        }
    )


def test_the_report_says_the_question_the_task_and_the_two_numbers_first():
    words = text_of(report())
    assert words.index(ANSWER.question) < words.index("Super-resolution") < words.index("within 52.3 dB")
    assert words.index("12.4 % of contrast") < words.index("1. What you want to do")


def test_the_parts_stand_in_their_order():
    words = text_of(report())
    titles = [
        "Before and after",
        "1. What you want to do",
        "2. How it works",
        "3. Papers and tools",
        "What the sources do not say",
        "What was measured",
        "Where this comes from",
        "What each sentence rests on",
    ]
    assert sorted(titles, key=words.index) == titles


def test_every_claim_leads_to_its_quotes_and_every_quote_is_marked():
    html = report()
    reader = Reader(html)
    for key in (sentence.id for sentence in ANSWER.claims):
        assert f'href="#on-{key}"' in html
        assert f'id="on-{key}"' in html
    assert reader.marks == [rest.quote for sentence in ANSWER.claims for rest in sentence.supports]


def report_of_model(model: str) -> str:
    """The words of a report on a run with another model, alternative texts of the pictures among them."""
    html = report(ANSWER.model_copy(update={"run": RUN.model_copy(update={"model": model})}))
    return f"{text_of(html)} {' '.join(value or '' for name, value in Reader(html).attributes if name == 'alt')}"


def test_only_what_a_trained_model_added_is_called_its_guess():
    guess = ("Added by the model", "learned from other pictures: it may be right", "bright: added by the model")
    learned = report_of_model("liif-edsr")
    assert all(words in learned for words in guess)
    for model in ("bicubic", "lanczos", NO_MODEL):
        plain = report_of_model(model)
        assert not [words for words in (*guess, "model's guess") if words in plain], model
        assert "bright: added, not determined by your picture" in plain
    assert "the formula that filled in the new pixels" in report_of_model("bicubic")
    assert "the formula" not in report_of_model(NO_MODEL)


def test_a_run_without_a_model_is_not_the_work_of_none():
    words = report_of_model(NO_MODEL)
    assert "The result; no model worked on it" in words
    assert "Model that ran no model" in words
    assert "result of none" not in words
    assert not re.search(r"\bModel(?: that ran)? none\b", words)


def test_repeated_pixels_are_shown_with_their_hard_edges():
    stages = {
        model: report(ANSWER.model_copy(update={"run": RUN.model_copy(update={"model": model})}))
        for model in ("nearest", "bicubic")
    }
    assert 'class="stage squares"' in stages["nearest"]
    assert 'class="stage"' in stages["bicubic"]


def test_a_quote_is_shown_with_the_words_around_it():
    text = "x " * 300 + "the middle of it" + " y" * 300
    start = text.index("the middle")
    quote = Support(source="m1", start=start, end=start + 16, quote="the middle of it")
    one = ANSWER.claims[0].model_copy(update={"supports": (quote,)})
    html = report(ANSWER.model_copy(update={"claims": (one,), "source_texts": {**TEXTS, "m1": text}}))
    assert re.search(r"… x (x )+<mark>the middle of it</mark>( y)+ …<", html)


def test_a_quote_that_does_not_stand_where_it_says_stops_the_report():
    wrong = support("m1", "returns a colour").model_copy(update={"start": 3})
    with pytest.raises(CitationError, match="'c1': the quote 'returns a colour' does not stand at 3"):
        report(ANSWER.model_copy(update={"claims": (claim("c1", "task", "A sentence.", wrong),)}))


def test_every_provided_link_stands_once_byte_for_byte_and_no_other():
    reader = Reader(report())
    assert reader.links == [link for source in ANSWER.sources for link in source.links]
    assert set(reader.rels) == {"noopener noreferrer"}


def test_a_link_given_twice_is_shown_once():
    twice = ANSWER.sources[1].model_copy(update={"id": "p9", "links": ANSWER.sources[0].links})
    html = report(ANSWER.model_copy(update={"sources": (*ANSWER.sources, twice)}))
    assert Reader(html).links == [link for source in ANSWER.sources for link in source.links]
    assert html.count("the link given above") == 2


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "javascript://x.org/%0aalert(1)",
        "ftp://x.org/a",
        "data:text/html,x",
        "//x.org",
        "http:",
        "https://[x",
        "https://a b",
    ],
)
def test_what_is_no_web_address_stays_text(url):
    source = ANSWER.sources[0].model_copy(update={"links": (url,)})
    reader = Reader(report(ANSWER.model_copy(update={"sources": (source,)})))
    assert reader.links == []
    assert url in reader.text


def test_hostile_words_add_no_tag_and_no_attribute():
    usual, hostile = Reader(report()), Reader(report(hostile_answer()))
    assert set(hostile.tags) <= set(usual.tags)
    assert {name for name, _ in hostile.attributes} <= {name for name, _ in usual.attributes}
    assert HOSTILE.split("\n")[0] in "".join(hostile.text)


def test_no_character_of_the_report_steers_a_terminal_or_turns_the_direction_of_other_words():
    turned = "a\u202eb\x9bc\x1bd"
    html = report(ANSWER.model_copy(update={"question": turned}))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert "a\ufffdb\ufffdc\ufffdd" in html


def test_the_template_is_filled_in_one_pass():
    html = report(ANSWER.model_copy(update={"question": "{{data}} {{nothing}}"}))
    assert "<title>{{data}} {{nothing}}</title>" in html


def test_the_data_in_the_report_is_the_answer_itself():
    html = report(hostile_answer())
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert Answer.model_validate(json.loads(data)) == hostile_answer()
    assert not set("<>&") & set(data)


def test_without_a_run_the_report_says_how_to_get_pictures_and_shows_no_numbers():
    words = text_of(report(WITHOUT_RUN, ReportPictures()))
    assert "No picture was given, so nothing was run. Give one with --image PICTURE" in words.replace("  ", " ")
    assert "dB" not in words
    assert "<img" not in report(WITHOUT_RUN, ReportPictures())


def test_reduced_pictures_are_declared():
    shown = pictures()
    small = ReportPictures(before=shown.before, after=shown.after, shown_scale=0.25)
    assert "shown reduced to 25 % of their size" in text_of(report(shown=small))
    assert "reduced" not in text_of(report(shown=shown))


def test_a_missing_map_leaves_out_its_button_and_legend():
    shown = pictures()
    html = report(shown=ReportPictures(before=shown.before, after=shown.after))
    assert 'data-view="added"' not in html
    assert 'class="legend"' not in html


def test_an_answer_without_a_plan_has_no_graph():
    html = render_html(WITHOUT_RUN, ReportPictures(), plan_svg="")
    assert "<svg" not in html
    assert "colour channels" not in html


def test_nothing_is_left_out_silently():
    skipped = NodeRun(id="liif", op="enlarge", status="skipped", seconds=0.0, note="it has no weights here")
    run = RUN.model_copy(update={"nodes": (skipped,)})
    words = text_of(report(ANSWER.model_copy(update={"run": run})))
    assert "skipped" in words
    assert "it has no weights here" in words
    assert "LIIF is the best model there is. (no provided source says so)" in words.replace("  ", " ")
    assert "boat.png has no colour profile" in words


def test_the_measurements_carry_their_protocol_and_the_candidates_are_compared():
    words = text_of(report())
    assert "shrunk with the kernel bicubic by 3x; all pixels and colours count, no border is cut off" in words
    assert "capped at 120" in words
    assert "52.31 dB" in words
    assert "bicubic 38.02 dB 3.1 % no" in words
    # 255 * 10 ** (-52.31 / 20) = 0.618
    assert "typically 0.62 of 255 brightness steps off" in words


def test_the_provenance_names_hashes_versions_licence_and_time():
    words = text_of(report())
    for fact in (RUN.input_sha256, RUN.output_sha256, RUN.weights_sha256, "BSD-3-Clause", "1.43 seconds", "2.3.1"):
        assert fact in words


# --- in a browser ---


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def page_of(browser, tmp_path: Path, html: str, **options) -> Iterator:
    """A page with the report; a dialog, words on the console or a request for anything but the file fail the test."""
    file = tmp_path / "report.html"
    file.write_text(html, "utf-8")
    page = browser.new_page(**options)
    trouble: list[str] = []
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(file.as_uri())
    yield page
    page.close()
    assert trouble == [file.as_uri()]


def box_of_stage(page) -> dict[str, float]:
    page.locator(".stage").scroll_into_view_if_needed()
    return page.locator(".stage").bounding_box()


def split_of(page) -> int:
    return int(page.get_attribute(".split", "aria-valuenow"))


@pytest.mark.e2e
def test_the_divider_moves_by_keyboard_and_by_pointer(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        assert split_of(page) == 50
        page.focus(".split")
        page.keyboard.press("ArrowRight")
        assert split_of(page) == 52
        page.keyboard.press("Shift+ArrowLeft")
        assert split_of(page) == 42
        page.keyboard.press("Home")
        assert split_of(page) == 0
        assert page.get_attribute(".split", "aria-valuetext") == "0 % before, 100 % after"
        box = box_of_stage(page)
        page.mouse.move(box["x"] + 3, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60, steps=4)
        page.mouse.up()
        assert split_of(page) == 80
        page.mouse.move(box["x"] + 9, box["y"] + 40)
        assert split_of(page) == 80


@pytest.mark.e2e
def test_the_divider_moves_by_touch(browser, tmp_path):
    with page_of(browser, tmp_path, report(), has_touch=True, viewport={"width": 400, "height": 800}) as page:
        box = box_of_stage(page)
        page.touchscreen.tap(box["x"] + box["width"] * 0.25, box["y"] + 30)
        assert split_of(page) == 25


@pytest.mark.e2e
def test_left_of_the_divider_is_the_input_and_right_of_it_the_result(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        assert page.evaluate("getComputedStyle(document.querySelector('.before img')).imageRendering") == "pixelated"
        clips = "['before', 'after'].map((n) => getComputedStyle(document.querySelector('.' + n)).clipPath)"
        assert page.evaluate(clips) == ["inset(0px 50% 0px 0px)", "inset(0px 0px 0px 50%)"]
        sizes = (
            "['before', 'after', 'added'].map((n) => document.querySelector(`.${n} img`).getBoundingClientRect().width)"
        )
        assert len(set(page.evaluate(sizes))) == 1


@pytest.mark.e2e
def test_a_zoomed_picture_is_moved_by_dragging_and_by_keys_and_stays_in_view(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        page.click("[data-zoom='2']")
        stage, image = box_of_stage(page), page.locator(".after img").bounding_box
        assert image()["width"] == pytest.approx(2 * stage["width"], abs=1)
        start = image()["x"]
        page.mouse.move(stage["x"] + 60, stage["y"] + 60)
        page.mouse.down()
        page.mouse.move(stage["x"] + 40, stage["y"] + 60, steps=2)
        page.mouse.up()
        assert image()["x"] == pytest.approx(start - 20, abs=1)
        assert split_of(page) == 50
        page.focus(".stage")
        for _ in range(30):
            page.keyboard.press("ArrowRight")
        assert image()["x"] + image()["width"] == pytest.approx(stage["x"] + stage["width"], abs=1)
        page.click("[data-zoom='1']")
        assert image()["x"] == pytest.approx(stage["x"], abs=1)


@pytest.mark.e2e
def test_the_map_of_added_detail_comes_with_its_legend(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        assert not page.is_visible(".legend")
        page.click("[data-view=added]")
        assert page.is_visible(".legend")
        assert "at most 79 of 255 brightness steps" in page.inner_text(".legend")
        assert page.get_attribute(".split", "aria-valuetext") == "50 % after, 50 % added detail"
        assert page.get_attribute("[data-view=added]", "aria-pressed") == "true"


@pytest.mark.e2e
def test_a_sentence_opens_its_highlighted_quote_and_closes_by_keyboard(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        sentence = page.locator(".claim", has_text="Input: the small picture")
        sentence.focus()
        page.keyboard.press("Enter")
        assert page.locator("#panel mark").all_inner_texts() == [ANSWER.claims[2].supports[0].quote]
        assert "To colour a point" in page.inner_text("#panel")
        assert sentence.get_attribute("aria-expanded") == "true"
        assert page.evaluate("document.activeElement.id") == "panel"
        page.keyboard.press("Escape")
        assert not page.is_visible("#panel")
        assert sentence.evaluate("(element) => element === document.activeElement")
        page.keyboard.press("Space")
        assert page.is_visible("#panel")
        page.click("#close")
        assert not page.is_visible("#panel")


@pytest.mark.e2e
def test_without_scripts_a_sentence_still_leads_to_its_quote(browser, tmp_path):
    with page_of(browser, tmp_path, report(), java_script_enabled=False) as page:
        page.click(".claim >> nth=2")
        assert page.url.endswith("#on-c3")
        assert page.is_visible("#on-c3 mark")
        assert page.is_visible(".added img")


@pytest.mark.e2e
def test_hostile_words_run_nothing_and_ask_for_nothing(browser, tmp_path):
    with page_of(browser, tmp_path, report(hostile_answer())) as page:
        assert page.inner_text("h1") == HOSTILE
        page.click(".claim")
        assert page.inner_text("#panel mark") == HOSTILE
        assert page.locator("img[src=x]").count() == 0


@pytest.mark.e2e
def test_the_data_can_be_saved(browser, tmp_path):
    with page_of(browser, tmp_path, report()) as page:
        with page.expect_download() as download:
            page.click("#save")
        saved = json.loads(Path(download.value.path()).read_text("utf-8"))
        assert Answer.model_validate(saved) == ANSWER


@pytest.mark.e2e
@pytest.mark.parametrize("width", [380, 768, 1280])
def test_nothing_sticks_out_sideways(browser, tmp_path, width):
    long = ANSWER.model_copy(update={"question": "W" * 400 + " " + ANSWER.question})
    with page_of(browser, tmp_path, report(long), viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.click(".claim >> nth=0")
        assert page.evaluate("document.documentElement.scrollWidth") == width


CONTRAST = """
() => {
  const SELECTOR = "p,h1,h2,h3,dt,dd,small,th,td,li,a,button,.chip,sup,figcaption,blockquote,mark,summary";
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const e of document.querySelectorAll(SELECTOR)) {
    if (!e.innerText || !e.getClientRects().length) continue;
    const pair = [light(numbers(getComputedStyle(e).color).slice(0, 3)), light(behind(e))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName} ${e.className} ${ratio.toFixed(2)}`);
  }
  return low;
}
"""


@pytest.mark.e2e
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_aa_asks_for(browser, tmp_path, scheme):
    # WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1
    with page_of(browser, tmp_path, report(), color_scheme=scheme) as page:
        page.click("#all-supports summary")
        page.click(".claim >> nth=1")
        assert page.evaluate(CONTRAST) == []
