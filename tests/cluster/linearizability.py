"""Tells whether a history of operations on registers can have happened one after another.

`linearizable` is Wing and Gong's search ("Testing and verifying concurrent objects", 1993) with Lowe's memory of
what was tried ("Testing for linearizability", 2017), key by key (Horn and Kroening, P-compositionality, 2015).
Exact: it accepts a history if, and only if, there is an order of its operations that a single register could have
gone through, in which whatever ended before another began comes before it. An operation whose outcome is unknown may
have taken effect at any time after its start, or never.

`bounded` is the same, but what changed nothing, a read or a refusal, may tell what was current up to `bound` seconds
before its start.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any


class Unknown:
    """The result of an operation that was not answered."""

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Operation:
    """`start` and `end` are seconds of one clock; the end of an unknown outcome does not matter."""

    key: Hashable
    name: str
    argument: Any
    result: Any
    start: float
    end: float = math.inf
    node: Hashable = None  # who answered

    @property
    def known(self) -> bool:
        return self.result is not UNKNOWN

    def __str__(self) -> str:
        argument = "" if self.argument is None else repr(self.argument)
        end = f"{self.end:.6f}" if self.known else "..."
        return f"{self.start:.6f} - {end} {self.node or ''} {self.key}: {self.name}({argument}) = {self.result!r}"


class Register:
    """Made with the value it has at first; None = there is none.

    read() -> value or None; write(value) -> True; delete() -> whether there was one;
    edit(value) -> True, or False when there is none to edit; replace((old, new)) -> whether it was `old`.
    """

    def __init__(self, initial: Hashable = None) -> None:
        self.initial = initial

    def apply(self, state: Hashable, operation: Operation) -> tuple[Any, Hashable]:
        """What it answers in that state, and the state behind."""
        argument = operation.argument
        match operation.name:
            case "read":
                return state, state
            case "write":
                return True, argument
            case "edit":
                return (True, argument) if state is not None else (False, None)
            case "delete":
                return state is not None, None
            case "replace":
                old, new = argument
                return (True, new) if state == old else (False, state)
        raise ValueError(f"unknown operation {operation.name}")

    def changes_nothing(self, operation: Operation) -> bool:
        """Whether it leaves every state as it is in which it gives its result."""
        return operation.name == "read" or operation.result is False


@dataclass
class Verdict:
    """If not `holds`: the key, its operations, and the most of them that can be put in order."""

    holds: bool
    key: Hashable = None
    operations: Sequence[Operation] = ()
    longest: Sequence[Operation] = ()

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.holds:
            return "there is an order"
        rest = [operation for operation in self.operations if operation not in self.longest]
        lines = [f"no order for key {self.key!r}; the longest that there is:", *map(str, self.longest), "what is left:"]
        return "\n  ".join(lines + [str(operation) for operation in rest])


def linearizable(history: Iterable[Operation], model: Register = Register()) -> Verdict:
    by_key: dict[Hashable, list[Operation]] = {}
    for operation in history:
        # A read without an answer tells nothing.
        if operation.known or operation.name != "read":
            by_key.setdefault(operation.key, []).append(operation)
    for key, operations in by_key.items():
        longest = Search(operations, model).run()
        if longest is not None:
            return Verdict(False, key, operations, longest)
    return Verdict(True)


def bounded(history: Iterable[Operation], bound: float, model: Register = Register()) -> Verdict:
    """Also demands that the node that changed something shows it at once."""
    operations = list(history)
    changes: dict[tuple[Hashable, Hashable], list[float]] = {}
    for o in sorted(operations, key=lambda o: o.end):
        if o.known and not model.changes_nothing(o):
            changes.setdefault((o.key, o.node), []).append(o.end)

    def earlier(o: Operation) -> Operation:
        if not (o.known and model.changes_nothing(o)):
            return o
        own = changes.get((o.key, o.node), [])
        before = bisect.bisect_right(own, o.start)
        behind_own = math.nextafter(own[before - 1], math.inf) if before else -math.inf
        return replace(o, start=max(o.start - bound, behind_own))

    return linearizable(map(earlier, operations), model)


NOT_BEHIND_UNKNOWN = Unknown()


@dataclass(frozen=True)
class End:
    """Of an order that has been built so far."""

    done: int  # which operations are in it, as bits
    state: Hashable  # behind the last
    before: Hashable  # the state before the unknown ones that are its last, if there are any
    order: Any  # a chain: the last operation, and the chain before it


class Search:
    """For an order of the operations of one key."""

    def __init__(self, operations: Sequence[Operation], model: Register) -> None:
        self.operations = sorted(operations, key=lambda o: o.start)
        self.starts = [o.start for o in self.operations]
        self.ends = [o.end if o.known else math.inf for o in self.operations]
        self.pure = [o.known and model.changes_nothing(o) for o in self.operations]
        self.apply: Callable[[Hashable, Operation], tuple[Any, Hashable]] = model.apply
        self.initial: Hashable = model.initial
        self.needed = sum(1 << i for i, o in enumerate(self.operations) if o.known)

    def run(self) -> list[Operation] | None:
        """Nothing if there is an order; else the operations of the longest one."""
        tried: set[tuple[int, Hashable, Hashable]] = set()
        open_ends = [End(0, self.initial, NOT_BEHIND_UNKNOWN, None)]
        longest = open_ends[0]
        while open_ends:
            end = self.take_pure(open_ends.pop())
            if end.done & self.needed == self.needed:
                return None
            if (end.done, end.state, end.before) in tried:
                continue
            tried.add((end.done, end.state, end.before))
            longest = max(longest, end, key=lambda e: e.done.bit_count())
            open_ends += filter(None, (self.step(end, i) for i in self.next_ones(end.done)))
        return self.unchain(longest.order)

    def step(self, end: End, i: int) -> End | None:
        """Nothing if operation `i` cannot come now, or if that need not be tried.

        Unknown ones are put where they make a difference to the next one that is known: elsewhere they may as well
        come later, or never.
        """
        result, state = self.apply(end.state, self.operations[i])
        done, order = end.done | 1 << i, (i, end.order)
        if not self.operations[i].known:
            before = end.state if end.before is NOT_BEHIND_UNKNOWN else end.before
            return None if state == end.state else End(done, state, before, order)
        if result != self.operations[i].result:
            return None
        if end.before is not NOT_BEHIND_UNKNOWN and self.apply(end.before, self.operations[i]) == (result, state):
            return None
        return End(done, state, NOT_BEHIND_UNKNOWN, order)

    def take_pure(self, end: End) -> End:
        """What can come now and changes nothing may as well come now: no other order needs to be tried."""
        again = True
        while again:
            again = False
            for i in self.next_ones(end.done):
                if self.pure[i] and self.apply(end.state, self.operations[i])[0] == self.operations[i].result:
                    end = End(end.done | 1 << i, end.state, NOT_BEHIND_UNKNOWN, (i, end.order))
                    again = True
        return end

    def next_ones(self, done: int) -> list[int]:
        """Those before which none has to come that is not in order yet; the best to try comes last."""
        found: list[int] = []
        first_end = math.inf
        rest = ~done
        i = (rest & -rest).bit_length() - 1
        while i < len(self.starts) and self.starts[i] <= first_end:
            if rest >> i & 1:
                found.append(i)
                first_end = min(first_end, self.ends[i])
            i += 1
        found.sort(key=lambda n: -self.ends[n])
        return found

    def unchain(self, order: Any) -> list[Operation]:
        out: list[Operation] = []
        while order is not None:
            out.append(self.operations[order[0]])
            order = order[1]
        return out[::-1]
