"""A realistic answer with hand-drawn pictures, for looking at the report and for testing it."""

import io

import numpy as np
from PIL import Image as PillowImage

from apercu.answer.compose import VERDICT_WORDS
from apercu.answer.report import ReportPictures
from apercu.records import (
    Answer,
    BranchMeasure,
    Claim,
    FidelityReport,
    Node,
    NodeRun,
    Part,
    Plan,
    RunRecord,
    Source,
    Support,
    Task,
    Unsupported,
)

QUESTION = (
    "I enlarged a small UI image by 3× and was surprised how clean and crisp the lines were. How does AI "
    "reconstruct such sharp details when the original barely shows them?"
)
LIIF_CARD = (
    "LIIF describes a picture as a continuous function. An encoder turns the small picture into a grid of "
    "features of the same height and width. To colour a point of the large picture, a small network takes "
    "the feature nearest to the point, the distance to it and the size of the pixel to be drawn, and "
    "returns a colour. Four neighbouring features are asked and their answers are weighted by area, so "
    "that no seams appear. It was trained on photographs that had been shrunk by 1 to 4 times, and learned"
    " which fine lines usually belong to which coarse ones."
)
FEATSHARP = (
    "The feature maps of vision encoders are fundamental to myriad modern AI tasks, ranging from core "
    "perception algorithms to modern multimodal understanding. We introduce a novel method to coherently "
    "and cheaply upsample the feature maps of low-res vision encoders while picking up on fine-grained "
    "details that would otherwise be lost due to resolution."
)
AIGI = (
    "Assessing the quality of artificial intelligence-generated images plays a crucial role. We propose "
    "AIGI-VC, a quality assessment database for AI-Generated Images in Visual Communication, from the "
    "perspectives of information clarity and emotional interaction. The dataset consists of 2,500 images "
    "spanning 14 advertisement topics and 8 emotion types."
)
RUN_TEXT = (
    "Model liif-edsr ran on 64 x 48 pixels and gave 192 x 144 pixels. Shrunk again with the bicubic "
    "kernel, the result differs from the input by 52.31 dB. 12.4 percent of its contrast is not determined"
    " by the input."
)
LEGEND = (
    (0.0, (45, 25, 85)),
    (10 / 255, (190, 45, 120)),
    (18 / 255, (240, 115, 60)),
    (32 / 255, (255, 245, 190)),
)
TEXTS = {"question": QUESTION, "m1": LIIF_CARD, "p1": FEATSHARP, "p2": AIGI, "run": RUN_TEXT}

PLAN = Plan(
    nodes=(
        Node(id="load", op="load"),
        Node(id="inspect", op="inspect", inputs=("load",)),
        Node(id="liif", op="enlarge", params={"model": "liif-edsr", "scale": [3, 3]}, inputs=("load",)),
        Node(id="bicubic", op="enlarge", params={"model": "bicubic", "scale": [3, 3]}, inputs=("load",)),
        Node(id="choose", op="choose", inputs=("liif", "bicubic")),
        Node(id="measure", op="measure", params={"kernel": "bicubic"}, inputs=("load", "choose")),
        Node(id="save", op="save", inputs=("choose", "measure")),
    )
)
RUN = RunRecord(
    plan=PLAN,
    nodes=tuple(
        NodeRun(id=node.id, op=node.op, status="done", seconds=seconds, output=output)
        for node, seconds, output in zip(
            PLAN.nodes,
            (0.004, 0.011, 1.31, 0.002, 0.05, 0.03, 0.02),
            ("64 x 48 x 3", "flat areas, thin dark lines", "192 x 144 x 3", "192 x 144 x 3", "liif", "report", "file"),
            strict=True,
        )
    ),
    input="boat.png",
    output="boat-3x.png",
    model="liif-edsr",
    scale=(3.0, 3.0),
    size=(192, 144),
    input_size=(64, 48),
    seconds=1.43,
    fidelity=FidelityReport(
        scale=(3.0, 3.0),
        kernel="bicubic",
        lr_psnr_db=52.31,
        max_abs_lr_error=0.0123,
        added_share=0.124,
        added_rms=0.021,
        added_max=0.31,
        changed_share=0.0004,
    ),
    branches=(
        BranchMeasure(node="liif", model="liif-edsr", lr_psnr_db=52.31, added_share=0.124, chosen=True),
        BranchMeasure(node="bicubic", model="bicubic", lr_psnr_db=38.02, added_share=0.031, chosen=False),
    ),
    input_sha256="a3" * 32,
    output_sha256="5f" * 32,
    weights_sha256="1c" * 32,
    warnings=("boat.png has no colour profile; sRGB was assumed",),
    versions={"apercu": "0.1.0", "numpy": "2.3.1", "onnxruntime": "1.23.0", "python": "3.12.3"},
)


def support(source: str, quote: str) -> Support:
    start = TEXTS[source].index(quote)
    return Support(source=source, start=start, end=start + len(quote), quote=quote)


def claim(key: str, part: Part, text: str, *supports: Support) -> Claim:
    return Claim(id=key, part=part, text=text, supports=supports)


CLAIMS = (
    claim(
        "c1",
        "task",
        "You want to make a small user-interface picture 3 times larger and keep its lines crisp: super-resolution.",
        support("question", "enlarged a small UI image by 3×"),
        support("question", "how clean and crisp the lines were"),
    ),
    claim(
        "c2",
        "task",
        "You also ask where the sharp detail comes from, since the small picture barely shows it.",
        support("question", "How does AI reconstruct such sharp details when the original barely shows them?"),
    ),
    claim(
        "c3",
        "workflow",
        "Input: the small picture goes through an encoder, which turns it into a grid of features of the same size.",
        support("m1", "An encoder turns the small picture into a grid of features of the same height and width."),
    ),
    claim(
        "c4",
        "workflow",
        "Model: for each point of the large picture a small network looks at the nearest feature, at the distance to "
        "it and at the size of the new pixel, and answers with a colour.",
        support("m1", "a small network takes the feature nearest to the point, the distance to it"),
        support("m1", "returns a colour"),
    ),
    claim(
        "c5",
        "workflow",
        "The sharpness is learned: the network has seen many shrunken photographs together with the originals.",
        support("m1", "learned which fine lines usually belong to which coarse ones"),
    ),
    claim(
        "c6",
        "workflow",
        "Output: on your picture the result has 192 x 144 pixels and shrinks back to your picture with 52.31 dB.",
        support("run", "gave 192 x 144 pixels"),
        support("run", "52.31 dB"),
    ),
    claim(
        "c7",
        "sources",
        "FeatSharp sharpens what a network sees, not the pixels that you see.",
        support("p1", "upsample the feature maps of low-res vision encoders"),
    ),
    claim(
        "c8",
        "limits",
        "12.4 percent of the contrast in your result is not determined by your picture, "
        "and no source can tell whether it is true.",
        support("run", "12.4 percent of its contrast is not determined by the input."),
    ),
)
SOURCES = (
    Source(
        id="m1",
        kind="model",
        name="SISR-Any-LIIF-RDN",
        verdict="direct",
        reason="It enlarges pictures by any factor, which is what you ask for.",
        links=("https://arxiv.org/pdf/2012.09161", "https://github.com/yinboc/liif"),
        supports=(support("m1", "LIIF describes a picture as a continuous function."),),
    ),
    Source(
        id="p1",
        kind="paper",
        name="FeatSharp: Your Vision Model Features, Sharper",
        verdict="transferable",
        reason="It upsamples feature maps, not pictures; the idea of recovering fine detail carries over.",
        links=("http://arxiv.org/pdf/2502.16025v1.pdf",),
        supports=(support("p1", "cheaply upsample the feature maps"),),
    ),
    Source(
        id="p2",
        kind="paper",
        name="AI-generated Image Quality Assessment in Visual Communication",
        verdict="off-topic",
        reason="It judges advertisements made by AI and does not enlarge anything.",
        links=("http://arxiv.org/pdf/2412.15677v1.pdf", "https://github.com/ytian73/aigi-vc"),
        supports=(support("p2", "a quality assessment database for AI-Generated Images in Visual Communication"),),
    ),
    Source(
        id="p3",
        kind="paper",
        name="Sharper by Half",
        verdict="unknown",
        reason="The prompt gives neither a link nor a summary.",
    ),
)
VERDICTS = {
    "direct": "direct",
    "transferable": "transferable",
    "off-topic": "off-topic",
    "unknown": "not enough information",
}
CLAIMS += tuple(
    claim(
        f"v-{source.id}",
        "sources",
        f"{source.name}: {VERDICT_WORDS[source.verdict]}. {source.reason}",
        *source.supports,
    )
    for source in SOURCES
    if source.supports
)
ANSWER = Answer(
    question=QUESTION,
    level="linked",
    task=Task(id="super_resolution", name="Super-resolution (enlarging a picture)", factor=3.0),
    sources=SOURCES,
    plan=PLAN,
    claims=CLAIMS,
    unsupported=(Unsupported(text="LIIF is the best model there is.", why="no provided source says so"),),
    run=RUN,
    source_texts=TEXTS,
)
WITHOUT_RUN = ANSWER.model_copy(update={"run": None, "claims": (*CLAIMS[:5], *CLAIMS[8:])})


def boat(height: int, width: int) -> np.ndarray:
    """A small sailing boat in flat colours with dark outlines, (H, W, 3) in 0..1, drawn 4 times finer and averaged."""
    y, x = np.mgrid[0 : 4 * height, 0 : 4 * width].astype(float)
    y, x = (y + 0.5) / (4 * height), (x + 0.5) / (4 * width)
    picture = np.empty((*y.shape, 3))
    picture[:] = (0.96, 0.90, 0.78)
    picture[np.hypot((x - 0.76) * 0.75, y - 0.2) < 0.09] = (0.91, 0.55, 0.30)

    def shape(inside: np.ndarray, colour: tuple[float, float, float]) -> None:
        picture[inside] = colour

    sea = y > 0.74 + 0.012 * np.sin(24 * x)
    shape(sea, (0.25, 0.47, 0.56))
    shape(sea & (np.abs((y - 0.84) - 0.01 * np.sin(30 * x)) < 0.006), (0.72, 0.84, 0.86))
    for grow, hull, sails in (
        (0.016, (0.13, 0.12, 0.14), (0.13, 0.12, 0.14)),
        (0.0, (0.66, 0.24, 0.20), (0.99, 0.98, 0.95)),
    ):
        left, right = 0.2 - grow + (y - 0.68) * 0.8, 0.82 + grow - (y - 0.68) * 0.8
        shape((y > 0.68 - grow) & (y < 0.77 + grow) & (x > left) & (x < right), hull)
        shape((y < 0.65 + grow) & (x < 0.49 + grow) & (x > 0.49 - grow * 1.6 - (y - 0.14) * 0.5), sails)
        shape((y < 0.65 + grow) & (x > 0.54 - grow) & (x < 0.54 + grow * 1.6 + (y - 0.24) * 0.52), sails)
    return picture.reshape(height, 4, width, 4, 3).mean(axis=(1, 3))


def png(picture: np.ndarray) -> bytes:
    out = io.BytesIO()
    PillowImage.fromarray((picture * 255).round().astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def pictures() -> ReportPictures:
    before, after = boat(64, 48), boat(192, 144)
    smooth = np.asarray(
        PillowImage.fromarray((before * 255).astype(np.uint8)).resize((144, 192), PillowImage.Resampling.BICUBIC)
    )
    added = np.abs(after - smooth / 255).max(axis=2).clip(0, 0.3) / 0.3
    values = [value / LEGEND[-1][0] for value, _ in LEGEND]
    ramp = np.stack([np.interp(added, values, [colour[c] / 255 for _, colour in LEGEND]) for c in range(3)], axis=2)
    grey = 0.08 + 0.3 * after.mean(axis=2, keepdims=True)
    heat = grey + np.clip(added * 5, 0, 1)[:, :, None] * (ramp - grey)
    return ReportPictures(before=png(before), after=png(after), added=png(heat), legend=LEGEND)
