"""From a question or a prompt to an answer whose workflow is the one that ran, and whose numbers are the run's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apercu.checking import check
from apercu.errors import ImageError, InputError, ModelError, OutputError, QuestionError, ShapeError, WeightsError
from apercu.figures import share
from apercu.image import Image, file_sha256, read_image, write_image
from apercu.measure.fidelity import measure_fidelity
from apercu.pictures import enlarge
from apercu.records import Answer, Brief, BriefEntry
from apercu.registry import added_weights, find_model
from apercu.reporting import html_of, report_folder, write_report
from apercu.scientist import Job, answer, ask, plan_question, recommend
from apercu.settings import Settings

RDN = BriefEntry(
    name="SISR-Any-LIIF-RDN", paper="https://arxiv.org/pdf/2012.09161", github="https://github.com/yinboc/liif"
)
QUESTION = "How does AI enlarge a small picture by 2x?"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", threads=2)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """12 x 10 pixels with some structure."""
    y, x = np.mgrid[0:10, 0:12].astype(np.float32)
    pixels = np.stack([x / 11, y / 9, 0.5 + 0.4 * np.sin(x + y)], axis=2).astype(np.float32)
    path = tmp_path / "in.png"
    write_image(Image.of(pixels), path)
    return path


def run_on(picture: Path, brief: Brief, settings: Settings, **options: Any) -> Answer:
    job = Job(picture=picture, output=picture.with_name("out.png"), **options)
    return answer(brief, settings=settings, job=job).answer


def texts(found: Answer, part: str) -> str:
    return "\n".join(claim.text for claim in found.claims if claim.part == part)


# --- without a picture ------------------------------------------------------------------------------------------------


def test_a_question_is_answered_from_our_own_cards(settings: Settings) -> None:
    found = ask(QUESTION, settings=settings).answer
    assert found.level == "open"
    assert found.task.factor == 2
    assert [(source.name, source.verdict) for source in found.sources if source.kind == "model"] == [
        ("SISR-Any-LIIF-EDSR", "direct")
    ]
    assert any(source.kind == "paper" for source in found.sources)
    assert found.unsupported == ()
    assert found.run is None


@pytest.mark.parametrize("factor", ["0x", "1000000x"])
def test_a_factor_that_no_enlargement_has_is_said_not_to_be_taken(factor: str, settings: Settings) -> None:
    answered = ask(f"Enlarge this photo {factor}", settings=settings).answer
    said = f"“{factor}” was not taken for a factor: the picture is not to grow by that, or none can."
    assert said in [claim.text for claim in answered.claims]
    assert not answered.unsupported


def test_without_a_picture_the_first_sentence_says_what_to_take_and_how_to_run_it(settings: Settings) -> None:
    first = "In short: Apercu takes LIIF-EDSR for this. Ask again with --image FILE to run it on your picture"
    plain = ask("How do I enlarge a photo 3x?", settings=settings).answer
    assert texts(plain, "task").startswith(first.replace("LIIF-EDSR", "SISR-Any-LIIF-EDSR") + ".")
    true = ask("How do I enlarge a photo 3x without inventing anything?", settings=settings).answer
    assert "so add --faithful" in texts(true, "task")
    assert "In short" not in texts(ask("Colour my old photo", settings=settings).answer, "task")


def test_the_plan_of_a_question_is_the_plan_of_its_answer(settings: Settings) -> None:
    assert plan_question(QUESTION, settings=settings) == ask(QUESTION, settings=settings).answer.plan


def test_a_question_that_no_model_answers_gets_no_models_and_no_workflow(settings: Settings) -> None:
    question = "How long do I boil an egg so that the yolk stays soft?"
    assert recommend(question, settings=settings).abstained
    found = ask(question, settings=settings).answer
    assert (found.sources, found.plan.nodes) == ((), ())
    assert "No model is provided, so there is no workflow to explain." in texts(found, "workflow")
    with pytest.raises(QuestionError, match="nothing that can be run on a picture"):
        plan_question(question, settings=settings)


@pytest.mark.parametrize("question", ["Turn this text into speech", "Write down what is said in this recording"])
def test_tasks_off_pictures_have_an_empty_plan_and_refuse_a_picture(
    question: str, settings: Settings, picture: Path
) -> None:
    brief = Brief(question=question, models=(BriefEntry(name="Txt2Voice-SpeechT5"),))
    assert answer(brief, settings=settings).answer.plan.nodes == ()
    with pytest.raises(QuestionError, match="nothing that can be run"):
        run_on(picture, brief, settings)
    assert not picture.with_name("out.png").exists()


def test_a_known_model_is_off_topic_for_a_task_that_it_was_not_made_for(settings: Settings) -> None:
    found = answer(Brief(question="How does AI turn my speech into text?", models=(RDN,)), settings=settings).answer
    assert found.task.id == "speech_to_text"
    assert found.sources[0].verdict == "off-topic"
    assert found.sources[0].reason.endswith("and not about writing down speech.")
    assert "None of the provided models is made for this task" in texts(found, "limits")


def test_a_size_and_a_factor_at_once_are_refused(settings: Settings, picture: Path) -> None:
    with pytest.raises(ShapeError, match="both given"):
        run_on(picture, Brief(question=QUESTION), settings, scale=(2, 2), size=(20, 24))
    with pytest.raises(ShapeError, match="both given"):
        enlarge(picture, picture.with_name("out.png"), settings=settings, scale=(2, 2), size=(20, 24))


# --- with a picture ---------------------------------------------------------------------------------------------------


def test_the_workflow_that_ran_is_the_workflow_that_is_explained(settings: Settings, picture: Path) -> None:
    result = ask(QUESTION, settings=settings, job=Job(picture=picture, output=picture.with_name("out.png")))
    found = result.answer
    assert result.executed
    assert found.run is not None
    assert found.run.plan is found.plan is result.executed.record.plan
    assert [node.id for node in found.run.nodes] == [
        "load", "inspect", "liif-edsr", "bicubic", "choose", "measure", "save",
    ]  # fmt: skip
    assert {node.status for node in found.run.nodes} == {"done"}
    assert (found.run.model, found.run.size, found.run.scale) == ("liif-edsr", (20, 24), (2.0, 2.0))
    assert found.unsupported == ()


def test_the_workflow_in_words_leads_through_no_step_whose_output_nobody_takes(settings: Settings) -> None:
    workflow = texts(ask(QUESTION, settings=settings).answer, "workflow")
    assert "The workflow on a picture is load → {liif-edsr | bicubic} → choose → measure → save." in workflow


def test_the_sizes_in_an_answer_are_width_x_height_x_the_channels_of_the_picture(
    settings: Settings, picture: Path
) -> None:
    write_image(Image.of(np.asarray(read_image(picture).pixels)[:, :, :1]), picture, overwrite=True)
    result = ask(QUESTION, settings=settings, job=Job(picture=picture, output=picture.with_name("out.png")))
    assert "-> 12 x 10 x 1\n" in result.answer.markdown
    assert "-> 24 x 20 x 1\n" in result.answer.markdown
    assert "24 x 20 x 1" in html_of(result)
    assert "-> 2W x 2H x 3\n" in ask(QUESTION, settings=settings).answer.markdown


def test_the_numbers_of_the_answer_are_measured_on_the_saved_file(settings: Settings, picture: Path) -> None:
    found = run_on(picture, Brief(question=QUESTION), settings)
    run = found.run
    assert run
    saved = read_image(picture.with_name("out.png"))
    again = measure_fidelity(np.asarray(read_image(picture).pixels), np.asarray(saved.pixels))
    assert run.fidelity.lr_psnr_db == pytest.approx(again.lr_psnr_db, abs=1e-3)
    assert run.fidelity.added_share == pytest.approx(again.added_share, abs=1e-6)
    assert (run.input_sha256, run.output_sha256) == (file_sha256(picture), file_sha256(picture.with_name("out.png")))
    workflow = texts(found, "workflow")
    assert f"agrees with the picture to {again.lr_psnr_db:.2f} dB" in workflow
    assert f"further off than {again.max_abs_lr_error * 255:.2f} of 255" in workflow
    assert f"{share(again.added_share)} of the contrast in the result" in workflow
    rms = f"{again.added_rms * 255:.2f} of 255"
    assert f"Typically (root mean square) that is {rms} a pixel" in workflow
    assert f"root mean square {rms}, at most" in found.source_texts["run"]
    assert "average" not in workflow + found.source_texts["run"]
    assert "became 24 x 20 pixels with bicubic" in workflow


def test_one_side_in_the_question_is_the_side_of_the_result_and_the_other_follows(
    settings: Settings, picture: Path
) -> None:
    found = run_on(picture, Brief(question="Make this photo exactly 30 px wide"), settings)
    assert found.run
    height, width = found.run.input_size
    assert found.run.size == (round(height * 30 / width), 30)
    without = ask("Make this photo exactly 30 px wide", settings=settings).answer
    assert "follows from the picture's own size" in texts(without, "task")


def test_what_is_given_with_the_picture_comes_before_what_the_question_says(settings: Settings, picture: Path) -> None:
    run = run_on(picture, Brief(question=QUESTION), settings, scale=(1.5, 3.0)).run
    assert run
    assert (run.size, run.scale) == ((15, 36), (1.5, 3.0))


@pytest.mark.parametrize(
    ("question", "named", "given"),
    [
        ("Enlarge this photo", "The question names no factor.", "was given beside the question."),
        ("Enlarge this photo 2x", "grow 2 times", "was given beside the question and comes before what it names."),
        (
            "Make this photo 30 px wide",
            "30 pixels wide",
            "was given beside the question and comes before what it names.",
        ),
        ("Remove the noise from this photo", "Removing noise", "was given beside the question."),
    ],
)
@pytest.mark.parametrize(
    ("options", "grows"),
    [({"scale": (1.5, 3.0)}, "3 times in width and 1.5 times in height"), ({"size": (20, 30)}, "to 30 x 20 pixels")],
)
def test_what_is_given_with_the_picture_is_said_to_be_given(
    question: str, named: str, given: str, options: dict[str, Any], grows: str, settings: Settings, picture: Path
) -> None:
    found = run_on(picture, Brief(question=question), settings, **options)
    said = texts(found, "task")
    assert named in said
    assert f"The workflow enlarges {grows}, which {given}" in said
    assert "where none is named" not in said
    assert found.unsupported == ()


def test_a_step_that_the_workflow_does_not_do_is_said_not_to_be_done(settings: Settings, picture: Path) -> None:
    question = "Remove the noise from this photo, then enlarge it 2x"
    said = texts(run_on(picture, Brief(question=question), settings), "task")
    assert "The task is this: Enlarging a picture (super-resolution). The question says “enlarge”." in said
    assert (
        "In short: the question also asks for removing noise (“Remove the noise”); the workflow does not do that."
        in said
    )


def test_a_task_that_the_workflow_does_not_do_is_said_not_to_be_done(settings: Settings, picture: Path) -> None:
    brief = Brief(question="Remove the noise from this photo")
    said = texts(run_on(picture, brief, settings, scale=(2, 2)), "task")
    assert "In short: the question asks for removing noise (“Remove the noise”); the workflow does not do that." in said
    inpainting = Brief(question="Fill the hole in my photo", models=(BriefEntry(name="Inpainting-LatentDiffusion"),))
    assert "does not do that" not in texts(answer(inpainting, settings=settings).answer, "task")


def test_a_factor_near_one_is_said_with_all_its_digits(settings: Settings) -> None:
    said = texts(ask("Enlarge this photo 1.004x", settings=settings).answer, "task")
    assert "grow 1.004 times on each side, so 1.008 new pixels stand where 1 stood" in said


def test_a_little_that_was_added_is_not_said_to_be_nothing(settings: Settings, tmp_path: Path) -> None:
    pixels = np.repeat(np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64, 1), 3, axis=2)
    write_image(Image.of(pixels), tmp_path / "in.png")
    found = run_on(tmp_path / "in.png", Brief(question=QUESTION), settings, faithful=True)
    assert found.run
    assert 0 < found.run.fidelity.added_share < 0.00005
    assert "0.00%" not in found.markdown
    assert f"{share(found.run.fidelity.added_share)} of its contrast" in texts(found, "task")
    assert found.unsupported == ()


def test_a_size_in_the_question_that_the_run_does_not_follow_is_said_to_be_the_questions(
    settings: Settings, picture: Path
) -> None:
    said = texts(run_on(picture, Brief(question=QUESTION), settings, scale=(3, 3)), "task")
    assert "By the question the picture is to grow 2 times on each side" in said
    same = texts(run_on(picture, Brief(question=QUESTION), settings, scale=(2, 2), overwrite=True), "task")
    assert "The picture is to grow 2 times on each side" in same
    assert "beside the question" not in same


def test_a_size_that_the_factor_does_not_come_to_is_said_not_to_be_reached(settings: Settings, picture: Path) -> None:
    found = run_on(picture, Brief(question="Enlarge my photo from 64x64 to 128x128"), settings)
    said = "By that factor this picture became 24 x 20 pixels and not 128 x 128, which the question names too."
    assert said in texts(found, "task")
    assert found.unsupported == ()


def test_of_a_flat_result_no_share_is_said_to_be_added(settings: Settings, tmp_path: Path) -> None:
    write_image(Image.of(np.full((20, 20, 3), 0.5, np.float32)), tmp_path / "in.png")
    models = (BriefEntry(name="SISR-Any-LIIF-EDSR"),)
    found = run_on(tmp_path / "in.png", Brief(question=QUESTION, models=models), settings)
    assert found.run
    assert found.run.fidelity.added_rms > found.run.fidelity.added_share == 0
    said = "\n".join(claim.text for claim in found.claims)
    assert "which has too little contrast to say what share of it is made up." in said
    assert "too little contrast to say what share of it was added" in said
    assert "0.00% of" not in said
    assert found.unsupported == ()


def test_a_factor_may_be_a_whole_number(settings: Settings, picture: Path) -> None:
    job = Job(picture=picture, output=picture.with_name("out.png"), scale=(3, 3))
    assert ask("Enlarge this photo", settings=settings, job=job).answer.unsupported == ()


def test_the_resize_after_a_model_stands_in_its_own_branch(settings: Settings) -> None:
    models = (BriefEntry(name="Real-ESRGAN x4plus"),)
    found = answer(Brief(question="Enlarge this photo 3x", models=models), settings=settings).answer
    branches = "{realesrgan-x4plus → realesrgan-x4plus-size | bicubic}"
    assert f"load → {branches} → choose → measure → save." in texts(found, "workflow")


def test_a_provided_model_that_no_step_is_by_is_named(settings: Settings) -> None:
    models = (BriefEntry(name="SISR-CoolNet"), BriefEntry(name="SISR-Any-LIIF-EDSR"))
    found = answer(Brief(question=QUESTION, models=models), settings=settings, level="prompt").answer
    said = texts(found, "workflow")
    assert "No step of the workflow is by SISR-CoolNet: Apercu knows no way to run it." in said
    assert "is by SISR-Any" not in said
    assert found.unsupported == ()


def test_a_model_that_the_question_names_and_the_workflow_does_not_use_is_named(settings: Settings) -> None:
    found = ask("Is SwinIR better than Real-ESRGAN for enlarging photos 4x?", settings=settings).answer
    assert "In short: the question names “SwinIR”; the workflow does not use that." in texts(found, "task")
    assert found.unsupported == ()
    assert "does not use" not in texts(ask("Enlarge it 2x with LIIF", settings=settings).answer, "task")


def test_where_there_is_no_prompt_none_is_spoken_of(settings: Settings) -> None:
    found = ask("Colorize my photo", settings=settings).answer
    assert "Apercu knows no paper for Colorization-DeOldify-Artistic." in texts(found, "limits")
    assert "The prompt" not in found.markdown


def test_a_workflow_without_its_picture_says_that_the_size_is_not_known(settings: Settings) -> None:
    said = texts(ask("Make this photo exactly 30 px wide", settings=settings).answer, "task")
    assert "which is what Apercu shows as long as the size of the picture is not known." in said
    assert "where none is named" not in said


def test_a_provided_model_without_weights_is_skipped_aloud_and_its_sister_stands_in(
    settings: Settings, picture: Path
) -> None:
    found = run_on(picture, Brief(question=QUESTION, models=(RDN,)), settings)
    assert found.run
    skipped = next(node for node in found.run.nodes if node.id == "liif-rdn")
    assert skipped.status == "skipped"
    assert "no trained weights" in skipped.note
    assert found.run.model == "liif-edsr"
    workflow = texts(found, "workflow")
    assert f"The step liif-rdn was skipped: {skipped.note}." in workflow
    assert "In its place liif-edsr enlarged the picture." in workflow


def test_at_the_level_prompt_plain_interpolation_stands_in(settings: Settings, picture: Path) -> None:
    job = Job(picture=picture, output=picture.with_name("out.png"))
    found = answer(Brief(question=QUESTION, models=(RDN,)), settings=settings, level="prompt", job=job).answer
    assert found.run
    assert found.run.model == "bicubic"
    assert "EDSR" not in found.markdown
    assert found.unsupported == ()


def test_altered_weights_stop_the_run_and_are_never_skipped(settings: Settings, picture: Path) -> None:
    weights = added_weights(find_model("liif-rdn"), settings)
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"not what it was")
    weights.with_suffix(".json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(WeightsError, match="have changed"):
        run_on(picture, Brief(question=QUESTION, models=(RDN,)), settings)
    assert not picture.with_name("out.png").exists()


def test_a_model_that_does_not_enlarge_is_passed_over_aloud(settings: Settings, picture: Path) -> None:
    models = (BriefEntry(name="Inpainting-LatentDiffusion"),)
    found = run_on(picture, Brief(question="Fill the hole in my photo (inpainting)", models=models), settings)
    assert found.run
    assert (found.run.model, found.run.size, found.run.weights_sha256) == ("none", (10, 12), None)
    assert "The step ldm-inpainting was skipped" in texts(found, "workflow")
    assert "no model worked on the picture of 12 x 10 pixels" in texts(found, "workflow")
    assert "12 x 10 pixels, no model worked on it, in " in found.source_texts["run"]
    assert "with none" not in found.markdown
    assert (np.asarray(read_image(picture).pixels) == np.asarray(read_image(picture.with_name("out.png")).pixels)).all()


def test_a_missing_picture_is_refused_and_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        run_on(tmp_path / "missing.png", Brief(question=QUESTION), settings)
    assert list(tmp_path.iterdir()) == []


def test_a_model_for_another_task_does_not_enlarge(settings: Settings, picture: Path) -> None:
    with pytest.raises(ModelError, match="Inpainting-LatentDiffusion does not enlarge pictures"):
        enlarge(picture, picture.with_name("out.png"), settings=settings, model="ldm-inpainting", scale=(2, 2))


# --- the JSON contract ------------------------------------------------------------------------------------------------


def strict(text: str) -> Any:
    """JSON without NaN and Infinity."""

    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


@pytest.mark.parametrize("with_picture", [False, True])
def test_an_answer_keeps_the_names_of_the_contract(with_picture: bool, settings: Settings, picture: Path) -> None:
    job = Job(picture=picture, output=picture.with_name("out.png")) if with_picture else None
    found = strict(ask(QUESTION, settings=settings, job=job).answer.model_dump_json(by_alias=True))
    names = {"question", "level", "task", "sources", "plan", "claims", "unsupported", "run", "markdown"}
    assert names <= found.keys()
    assert {"id", "name", "factor"} <= found["task"].keys()
    assert number(found["task"]["factor"])
    for source in found["sources"]:
        assert {"kind", "name", "verdict", "reason", "links"} <= source.keys()
        assert source["kind"] in ("model", "paper")
        assert source["verdict"] in ("direct", "transferable", "off-topic", "unknown")
    assert all({"id", "op", "params", "inputs"} == node.keys() for node in found["plan"]["nodes"])
    for claim in found["claims"]:
        assert {"id", "part", "text", "supports"} <= claim.keys()
        assert claim["part"] in ("task", "workflow", "sources", "limits")
        assert all({"source", "start", "end", "quote"} == support.keys() for support in claim["supports"])
    assert found["unsupported"] == []
    assert isinstance(found["run"], dict) is with_picture
    assert Answer.model_validate(found).model_dump(by_alias=True, mode="json") == found


def test_a_question_without_a_factor_has_null_for_it(settings: Settings) -> None:
    found = strict(ask("How does AI enlarge a photo?", settings=settings).answer.model_dump_json())
    assert found["task"]["factor"] is None
    assert found["run"] is None


@pytest.mark.parametrize("scale", [(1.0, 1.0), (2.0, 3.0)])
@pytest.mark.parametrize("flat", [False, True])
def test_an_enlargement_keeps_the_names_and_has_no_nan(
    scale: tuple[float, float], flat: bool, settings: Settings, picture: Path
) -> None:
    if flat:
        write_image(Image.of(np.full((4, 5, 3), 0.5, np.float32)), picture, overwrite=True)
    out = picture.with_name("out.png")
    done = enlarge(picture, out, settings=settings, model="bicubic", scale=scale)
    found = strict(done.model_dump_json(by_alias=True))
    names = {"input", "output", "model", "scale", "size", "seconds", "lr_psnr_db", "added_share", "sha256", "warnings"}
    assert names <= found.keys()
    assert found["scale"] == list(scale)
    assert found["size"] == list(read_image(out).size)
    assert found["sha256"] == file_sha256(out)
    assert all(number(found[name]) for name in ("seconds", "lr_psnr_db", "added_share"))
    audit = strict(check(picture, out, settings=settings, added_map=out.with_name("map.png")).model_dump_json())
    names = {"scale", "kernel", "lr_psnr_db", "max_abs_lr_error", "added_share", "added_map", "sanity"}
    assert names <= audit.keys()
    assert audit["lr_psnr_db"] == found["lr_psnr_db"]
    assert audit["sanity"] == []
    assert Path(audit["added_map"]).is_file()


def test_a_recommendation_keeps_the_names_of_the_contract(settings: Settings) -> None:
    found = strict(recommend(QUESTION, settings=settings).model_dump_json(by_alias=True))
    assert {"task", "abstained", "models", "papers"} <= found.keys()
    for model in found["models"]:
        assert {"id", "family", "task", "factors", "status", "score", "for", "against"} <= model.keys()
        assert model["status"] in ("runs", "needs-file", "described")
        assert number(model["score"])
    assert found["models"][0]["id"] == "liif-edsr"
    assert all({"title", "arxiv", "links"} <= paper.keys() for paper in found["papers"])


def test_an_output_may_replace_its_own_input_and_the_record_still_knows_both(settings: Settings, picture: Path) -> None:
    before = file_sha256(picture)
    done = enlarge(picture, picture, settings=settings, model="bicubic", scale=(2, 2), overwrite=True)
    assert done.run.input_sha256 == before != done.sha256 == file_sha256(picture)


def test_a_report_folder_holds_the_answer_in_every_form(settings: Settings, picture: Path, tmp_path: Path) -> None:
    result = ask(QUESTION, settings=settings, job=Job(picture=picture, output=tmp_path / "enlarged.png"))
    page = write_report(result, tmp_path)
    assert page.read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    assert (tmp_path / "answer.md").read_text("utf-8") == result.answer.markdown
    assert Answer.model_validate_json((tmp_path / "answer.json").read_text("utf-8")) == result.answer
    assert not list(tmp_path.glob(".*"))


def test_a_folder_with_a_picture_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "enlarged.png").write_bytes(b"somebody's own")
    with pytest.raises(OutputError, match=r"enlarged\.png exists already"):
        report_folder(tmp_path, exact_name=True, with_picture=True).__enter__()
    for options in ({"with_picture": True, "overwrite": True}, {"with_picture": False}):
        with report_folder(tmp_path, exact_name=True, **options) as folder:
            assert folder == tmp_path


# --- wishes -----------------------------------------------------------------------------------------------------------


def test_one_preference_may_be_a_string_and_an_unknown_one_is_refused(settings: Settings) -> None:
    asked = "enlarge this icon 3x"
    one, listed = (recommend(asked, settings=settings, prefer=prefer) for prefer in ("fidelity", ["fidelity"]))  # type: ignore[arg-type]
    assert one.models[0] == listed.models[0]
    with pytest.raises(InputError, match="'quality' is nothing that can be preferred, expected any of fidelity"):
        ask(asked, settings=settings, prefer=["quality"])  # type: ignore[list-item]


def test_who_wants_nothing_made_up_is_told_that_the_result_does_not_keep_to_it(
    settings: Settings, picture: Path
) -> None:
    job = Job(picture=picture, output=picture.with_name("out.png"))
    found = ask("Enlarge this photo 3x without inventing anything", settings=settings, job=job).answer
    assert found.run is not None
    assert found.run.fidelity.added_share > 0.001
    assert "), and this result does not keep to that wholly" in texts(found, "task")
    job = Job(picture=picture, output=picture.with_name("other.png"))
    assert "was to stay true to itself" not in texts(ask("Enlarge it 3x", settings=settings, job=job).answer, "task")
