from itertools import count

import pytest
from postgres_server import NoServer, running_server
from some_papers import Hashing

_NUMBERS = count()


@pytest.fixture
def embedder():
    return Hashing()


@pytest.fixture(scope="session")
def postgres():
    """The address of a PostgreSQL server that runs as long as the tests."""
    pytest.importorskip("pg8000", reason="the driver of PostgreSQL is not installed (pip install 'apercu[postgres]')")
    server = running_server()
    try:
        address = server.__enter__()
    except NoServer as reason:
        pytest.skip(str(reason))
    yield address
    server.__exit__(None, None, None)


@pytest.fixture
def postgres_dsn(postgres):
    """The address of an index that nobody made yet."""
    return f"{postgres}&schema=test_{next(_NUMBERS)}"
