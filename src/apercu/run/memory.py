"""How much memory a plan will need, said before it starts; and tiles small enough for what is there.

The samples of large pictures lie on the disk (`image/scratch.py`), so what counts is the working memory of the
hungriest step. All figures are estimates from above, held against measured peaks by `benchmarks/memory.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from apercu.errors import OutOfMemoryError
from apercu.image import Image
from apercu.image.scratch import IN_MEMORY_BYTES
from apercu.plan.build import AUTO
from apercu.plan.graph import order
from apercu.records import Node, Plan
from apercu.registry import find_model, load_model, model_status
from apercu.run.enlarge import Size, target_size
from apercu.settings import Settings

SMALLEST_TILE = 32
_PROGRAM_BYTES = 220 * 2**20  # the interpreter, the libraries and an encoder at work
_MEASURE_BYTES = 300 * 2**20  # a strip of `split_strips` with its parts
_PROJECT_COPIES = 8  # float32 copies of a channel while `--faithful` searches


@dataclass(frozen=True)
class Forecast:
    """What a run will need.

    Attributes:
        bytes: peak memory of the whole process.
        tile_sizes: for each node that enlarges, the side of its tiles.
    """

    bytes: int
    tile_sizes: dict[str, int]


def forecast(plan: Plan, source: Image, settings: Settings) -> Forecast:
    """The memory that a plan will need for a picture, with tiles made smaller where that helps.

    Raises:
        OutOfMemoryError: even with the smallest tiles it is more than is allowed (`max_memory`) or there.
    """
    allowed = allowed_memory(settings)
    sizes: dict[str, Size] = {}
    tiles: dict[str, int] = {}
    most = 0
    for node in order(plan):
        before = _size_before(node, sizes, source)
        sizes[node.id] = after = _size_after(node, before, settings)
        held = _PROGRAM_BYTES + sum(min(_bytes(size, source), IN_MEMORY_BYTES) for size in (before, after))
        need = held + _working_bytes(node, after, source)
        for model in _models(node, plan):
            if model_status(find_model(model, settings), settings) == "runs":
                tile, working = _fitting_tile(model, before, allowed - held, settings)
                tiles[node.id] = min(tile, tiles.get(node.id, tile))
                need = max(need, held + working)
        if need > allowed:
            raise OutOfMemoryError(
                f"step {node.id} would need about {need / 1e6:,.0f} MB of memory for {after[1]}x{after[0]}, "
                f"expected at most {allowed / 1e6:,.0f} MB",
                hint="Raise --max-memory, take a smaller factor"
                + (", or leave --faithful." if node.op == "project" else "."),
            )
        most = max(most, need)
    return Forecast(most, tiles)


def final_size(plan: Plan, source: Image, settings: Settings) -> Size:
    """The (height, width) of a frame of what a plan makes of a picture.

    Raises:
        ShapeError: a step of it asks for a size that is out of range.
    """
    sizes: dict[str, Size] = {}
    after = source.size
    for node in order(plan):
        sizes[node.id] = after = _size_after(node, _size_before(node, sizes, source), settings)
    return after


def _size_before(node: Node, sizes: dict[str, Size], source: Image) -> Size:
    feeds = [sizes[name] for name in node.inputs if name in sizes]
    return source.size if not feeds else feeds[0] if node.op == "resize" else feeds[-1]


def _models(node: Node, plan: Plan) -> list[str]:
    """The models that a step may run: for one that leaves the choice to a self-test, all its candidates."""
    if node.op != "enlarge":
        return []
    if node.params["model"] != AUTO:
        return [node.params["model"]]
    tried = (other.params["models"] for other in plan.nodes if other.op == "selftest")
    return [name for names in tried for name in names.split(",") if name.strip()]


def allowed_memory(settings: Settings) -> int:
    """Bytes that a run may use: what the settings say, otherwise nine tenths of what the machine has to spare."""
    return settings.max_memory or int(0.9 * available_memory())


def available_memory() -> int:
    """Bytes that this process could have now: the machine's, or less where a container is limited."""
    candidates = [2**62]
    meminfo = _text("/proc/meminfo")
    if "MemAvailable:" in meminfo:
        candidates.append(int(meminfo.split("MemAvailable:")[1].split()[0]) * 1024)
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        most, now = _text(limit), _text(used)
        if most.isdigit() and now.isdigit():
            # The file cache counts as used but is given up on demand.
            candidates.append(max(int(most) - int(now) + _cached_bytes(limit), 0))
    return min(candidates)


def _cached_bytes(limit: str) -> int:
    stat = _text(str(Path(limit).with_name("memory.stat"))).split()
    fields = dict(zip(stat[::2], stat[1::2], strict=False))
    return int(fields.get("inactive_file", 0)) + int(fields.get("active_file", 0))


def _text(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _fitting_tile(model: str, size: Size, room: int, settings: Settings) -> tuple[int, int]:
    """The largest tile, halved from the one in the settings, that fits into the room; and what it needs."""
    tile = settings.tile_size
    while True:
        needed = load_model(model, settings.model_copy(update={"tile_size": tile})).memory(size)
        if needed <= room or tile // 2 < SMALLEST_TILE:
            return tile, needed
        tile //= 2


def _working_bytes(node: Node, size: Size, source: Image) -> int:
    if node.op == "measure" or node.op == "choose":
        return _MEASURE_BYTES
    if node.op == "project":
        return 4 * math.prod(size) * (_PROJECT_COPIES + 2 * source.channels)
    return 0


def _size_after(node: Node, before: Size, settings: Settings) -> Size:
    if node.op == "shrink":
        return int(node.params["size"][0]), int(node.params["size"][1])
    if node.op not in ("enlarge", "resize"):
        return before
    scale, size = node.params.get("scale"), node.params.get("size")
    return target_size(
        before, scale=tuple(scale) if scale else None, target=tuple(size) if size else None, settings=settings
    )


def _bytes(size: Size, source: Image) -> int:
    return math.prod(size) * source.frames * int(source.samples.shape[2]) * int(source.samples.itemsize)
