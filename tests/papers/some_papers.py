"""A small embedder and some papers, for every test of an index."""

import hashlib

import numpy as np

from apercu.records import IndexedPaper


class Hashing:
    """Words hashed to directions; words in `MEANS` share one, so that they mean the same without looking the same."""

    name, size = "hashing", 64
    MEANS = {"enlarge": "upscale", "magnify": "upscale", "picture": "image", "photograph": "image"}

    def embed(self, texts):
        vectors = np.zeros((len(texts), self.size), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.casefold().replace(".", " ").split():
                word = self.MEANS.get(word, word)
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
                row += np.random.default_rng(seed).standard_normal(self.size)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, length, out=vectors, where=length > 0)

    def words(self, words):
        return self.embed(words), np.ones(len(words), np.float32)


def paper(id, title, abstract="", **more):
    return IndexedPaper(id=id, title=title, abstract=abstract, **more)


PAPERS = [
    paper("a", "Upscale an image by any factor", "A network for arbitrary scales.", year=2020, categories=("cs.CV",)),
    paper("b", "Remove rain from an image", "Weather.", year=2021, categories=("cs.CV", "eess.IV")),
    paper("c", "Translate speech", "Sequence models for speech.", year=2019, categories=("cs.CL",)),
    paper("d", "Colour old film", "Paints grey frames.", year=2022, categories=("eess.IV",)),
]
