"""Read the index of a PyTorch checkpoint as data.

A pickle is a program for a small machine whose full instruction set can call any function. The index of a checkpoint
needs a small part of it: numbers, texts, lists, tuples, dictionaries, and two calls, "a tensor" and "an ordered
dictionary". This reader has only that part. Nothing that a file names is ever looked up or called, so there is nothing
in it that could be tricked into running.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apercu.errors import WeightsError

CONSTANTS: dict[str, object] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
STORE = {"BINPUT", "LONG_BINPUT"}
FETCH = {"BINGET", "LONG_BINGET"}
IGNORED = {"PROTO", "FRAME"}

ORDERED_DICTIONARY = "collections OrderedDict"
TENSOR = "torch._utils _rebuild_tensor_v2"


@dataclass(frozen=True)
class Name:
    """A name that the pickle asks for, "module name". It is only compared, never resolved."""

    text: str


class PickleReader:
    """Reads one pickle.

    Args:
        storage: turns a persistent id into what `tensor` takes as its storage.
        tensor: makes a tensor from the arguments (storage, offset, size, stride, ...).
    """

    def __init__(self, storage: Callable[[Any], object], tensor: Callable[..., object]) -> None:
        self._storage = storage
        self._tensor = tensor
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def read(self, data: bytes) -> object:
        """What the pickle holds; ordered dictionaries become plain ones.

        Raises:
            WeightsError: it asks for a name or an instruction that a dictionary of tensors does not need.
            ValueError, TypeError, KeyError, IndexError: it is damaged.
        """
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                break
            self._step(opcode.name, argument)
        return self._stack.pop()

    def _step(self, name: str, argument: Any) -> None:  # noqa: ANN401 - whatever the instruction carries
        if name in LITERALS:
            self._stack.append(argument)
        elif name in CONSTANTS:
            self._stack.append(CONSTANTS[name])
        elif name in STORE:
            self._memo[argument] = self._stack[-1]
        elif name in FETCH:
            self._stack.append(self._memo[argument])
        elif name in TUPLES:
            self._stack.append(tuple(self._take(TUPLES[name])))
        elif name not in IGNORED:
            self._build(name, argument)

    def _build(self, name: str, argument: Any) -> None:  # noqa: ANN401 - whatever the instruction carries
        """The instructions that make or fill something."""
        match name:
            case "MARK":
                self._marks.append(len(self._stack))
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._stack[-1]
            case "EMPTY_DICT":
                self._stack.append({})
            case "EMPTY_LIST":
                self._stack.append([])
            case "TUPLE":
                self._stack.append(tuple(self._since_mark()))
            case "APPEND":
                self._extend(self._take(1))
            case "APPENDS":
                self._extend(self._since_mark())
            case "SETITEM":
                self._fill(self._take(2))
            case "SETITEMS":
                self._fill(self._since_mark())
            case "GLOBAL":
                self._stack.append(_known(argument))
            case "STACK_GLOBAL":
                self._stack.append(_known("{} {}".format(*self._take(2))))
            case "BINPERSID":
                self._stack.append(self._storage(*self._take(1)))
            case "REDUCE":
                self._stack.append(self._call(*self._take(2)))
            case "BUILD":
                self._set_state()
            case _:
                raise WeightsError(
                    f"the checkpoint uses the instruction {name}, which tensors do not need; nothing was executed",
                    hint="Do not trust this file.",
                )

    def _take(self, count: int) -> list[Any]:
        """The last `count` values, taken off the stack."""
        if count > len(self._stack) - (self._marks[-1] if self._marks else 0):
            raise IndexError("the index takes more values than it gave")
        taken = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        return taken

    def _since_mark(self) -> list[Any]:
        mark = self._marks.pop()
        taken = self._stack[mark:]
        del self._stack[mark:]
        return taken

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise TypeError("the index appends to something that is not a list")
        target.extend(items)

    def _fill(self, items: list[Any]) -> None:
        target = self._stack[-1]
        # Keys are texts or whole numbers: hashing a deeply nested tuple can overflow the interpreter's own stack.
        if type(target) is not dict or not all(type(key) in (str, int) for key in items[::2]):
            raise TypeError("the index fills something that is not a dictionary of names")
        target.update(zip(items[::2], items[1::2], strict=True))

    def _call(self, function: object, arguments: object) -> object:
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise TypeError("the index calls something that is not a name")
        if function.text == TENSOR:
            return self._tensor(*arguments)
        if function.text == ORDERED_DICTIONARY and not arguments:
            return {}
        raise TypeError("the index makes a dictionary or a number in an unknown way")

    def _set_state(self) -> None:
        """Drop the state of an ordered dictionary (a version note of PyTorch); nothing else may have one."""
        self._take(1)
        if type(self._stack[-1]) is not dict:
            raise WeightsError(
                "the checkpoint sets the inner state of something that is not a dictionary; nothing was executed",
                hint="Do not trust this file.",
            )


def _known(text: str) -> Name:
    storage = text.startswith("torch ") and text.endswith("Storage") and text.removeprefix("torch ").isidentifier()
    if storage or text in (ORDERED_DICTIONARY, TENSOR):
        return Name(text)
    asked = text.replace(" ", ".", 1)[:200]
    raise WeightsError(
        f"the checkpoint asks to run {asked!r}, which is not a tensor; nothing was executed",
        hint="Do not trust this file.",
    )
