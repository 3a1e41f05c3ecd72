import pytest
from some_papers import Hashing


@pytest.fixture
def embedder():
    return Hashing()
