"""Find a kind of model that a question names by its task: "segmentation network", "modèle d'inpainting", "分割模型"."""

from __future__ import annotations

import re

from apercu.records import Facet, TaskId

_TASKS: tuple[tuple[TaskId, str], ...] = (
    ("inpainting", r"inpainting|인페인팅|インペインティング|图像(?:修补|补全)"),
    ("segmentation", r"segmentation|segmentierungs?|segmentación|세그멘테이션|(?:영상|이미지) ?분할"
                     r"|セグメンテーション|(?:图像|语义|实例)分割"),
    ("depth", r"depth(?: estimation)?|tiefen(?:schätzungs?)?|(?:estimation de )?profondeur|profundidad"
              r"|깊이 ?추정|深度(?:推定|估计)"),
    ("denoise", r"denoising|entrauschungs?|débruitage|노이즈 ?제거|ノイズ除去|[去降]噪"),
    ("deblur", r"deblurring|défloutage|去模糊|ブレ除去"),
    ("colorization", r"colou?ri[sz]ation|kolorierungs?|colorisation|coloreado|컬러화|채색|カラー化|着色|上色"),
    ("ocr", r"ocr|문자 ?인식|文字(?:认识|识别|認識)"),
    ("captioning", r"captioning|图像描述"),
    ("classification", r"(?:image )?classification|(?:bild)?klassifikations?|이미지 ?분류|画像分類|图像分类"),
    ("object_detection", r"object[- ]detection|objekterkennungs?|détection d['’]objets|객체 ?탐지|物体検出|目标检测"),
    ("pose_estimation", r"pose estimation|포즈 ?추정|姿勢推定|姿态估计"),
    ("style_transfer", r"style transfer|스타일 ?변환|风格迁移"),
)  # fmt: skip
_MODEL = r"(?:models?|networks?|nets?|modelle?n?|netze?(?:werke?)?)\b"
_BEFORE = r"\b(?:modèles?|réseaux?|modelos?|red(?:es)?)\s(?:pour (?:la |le |l['’])?|de (?:la )?|d['’]|para )"
_PATTERNS = tuple(
    (
        task,
        re.compile(rf"\b(?:{words})[- ]{_MODEL}|{_BEFORE}(?:{words})\b|(?:{words})\s?(?:모델|モデル|模型|网络)", re.I),
    )
    for task, words in _TASKS
)


def kind_of_model(text: str) -> Facet | None:
    """The task whose models a question names; none where it names models of several tasks."""
    found = [
        Facet(kind="task", value=task, start=match.start(), end=match.end(), quote=match.group())
        for task, pattern in _PATTERNS
        if (match := pattern.search(text))
    ]
    return found[0] if len(found) == 1 else None
