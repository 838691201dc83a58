"""The checker accepts what a register can do, and catches what it cannot."""

from __future__ import annotations

import itertools
import math
import random
import time
import unittest
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from linearizability import UNKNOWN, Operation, Register, bounded, linearizable


def read(value: Any, start: float, end: float, node: str = "a", key: str = "x") -> Operation:
    return Operation(key, "read", None, value, start, end, node)


def write(value: Any, start: float, end: float, node: str = "a", key: str = "x", result: Any = True) -> Operation:
    return Operation(key, "write", value, result, start, end, node)


def edit(value: Any, result: Any, start: float, end: float) -> Operation:
    return Operation("x", "edit", value, result, start, end)


def delete(result: Any, start: float, end: float) -> Operation:
    return Operation("x", "delete", None, result, start, end)


def use(result: Any, start: float, end: float, node: str = "a") -> Operation:
    return Operation("x", "replace", ("fresh", "used"), result, start, end, node)


class KnownHistories(unittest.TestCase):
    def accepted(self, *history: Operation, model: Register = Register()) -> None:
        self.assertTrue(linearizable(history, model), linearizable(history, model))

    def caught(self, *history: Operation, model: Register = Register()) -> None:
        self.assertFalse(linearizable(history, model))

    def test_nothing_at_all_is_accepted(self) -> None:
        self.accepted()

    def test_a_register_is_empty_at_first(self) -> None:
        self.accepted(read(None, 0, 1))
        self.caught(read(1, 0, 1))
        self.accepted(read(1, 0, 1), model=Register(1))

    def test_a_read_during_a_write_may_tell_either_value(self) -> None:
        """Herlihy and Wing, 1990: overlapping operations take effect in either order."""
        self.accepted(write(1, 0, 10), read(None, 1, 2), read(1, 3, 4))
        self.accepted(write(1, 0, 10), read(1, 1, 2), read(1, 3, 4))

    def test_two_reads_do_not_go_back(self) -> None:
        self.caught(write(1, 0, 10), read(1, 1, 2), read(None, 3, 4))

    def test_two_readers_agree_on_the_order_of_two_writes(self) -> None:
        """The shape with which causal and linearizable differ."""
        self.caught(
            write(1, 0, 10), write(2, 0, 10), read(1, 11, 12), read(2, 13, 14, "b")
        )
        self.caught(
            write(1, 0, 20), write(2, 0, 20),
            read(1, 1, 2), read(2, 3, 4), read(2, 1.5, 2.5, "b"), read(1, 4.5, 5, "b"),
        )
        self.accepted(
            write(1, 0, 20), write(2, 0, 20),
            read(1, 1, 2), read(2, 3, 4), read(1, 1.5, 2.5, "b"), read(2, 4.5, 5, "b"),
        )

    def test_a_read_behind_an_acknowledged_write_is_not_stale(self) -> None:
        self.caught(write(1, 0, 1), read(None, 2, 3))
        self.caught(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))

    def test_a_lost_write_is_caught(self) -> None:
        self.caught(write(1, 0, 1), read(1, 2, 3), read(None, 4, 5))

    def test_a_value_from_nowhere_is_caught(self) -> None:
        self.caught(write(1, 0, 1), read(7, 0, 10))

    def test_a_read_from_the_future_is_caught(self) -> None:
        self.caught(read(1, 0, 1), write(1, 2, 3))

    def test_operations_that_touch_are_taken_as_concurrent(self) -> None:
        self.accepted(write(1, 0, 1), read(None, 1, 2))

    def test_an_unknown_write_may_have_happened_or_not(self) -> None:
        lost = write(1, 0, math.inf, result=UNKNOWN)
        self.accepted(lost, read(None, 5, 6))
        self.accepted(lost, read(1, 5, 6))
        self.accepted(lost, read(None, 5, 6), read(1, 7, 8))
        self.caught(lost, read(1, 5, 6), read(None, 7, 8))

    def test_an_unknown_write_happens_once(self) -> None:
        lost = write(1, 0, math.inf, result=UNKNOWN)
        self.caught(lost, read(1, 1, 2), write(2, 3, 4), read(1, 5, 6))
        self.accepted(lost, write(2, 3, 4), read(2, 4.5, 5), read(1, 5.5, 6))

    def test_an_unknown_write_does_not_happen_before_its_start(self) -> None:
        self.caught(read(1, 0, 1), write(1, 2, math.inf, result=UNKNOWN))

    def test_what_was_refused_changed_nothing(self) -> None:
        self.accepted(edit(1, False, 0, 1), read(None, 2, 3))
        self.caught(edit(1, False, 0, 1), read(1, 2, 3))

    def test_nothing_comes_back_once_it_is_deleted(self) -> None:
        ended = [edit(1, True, 0, 1), delete(True, 2, 3), read(None, 4, 5), edit(2, False, 6, 7)]
        self.accepted(*ended, model=Register(0))
        self.caught(delete(True, 2, 3), edit(2, True, 6, 7), model=Register(0))
        self.caught(delete(True, 2, 3), read(0, 6, 7), model=Register(0))
        self.caught(delete(True, 2, 3), delete(True, 2, 3), model=Register(0))

    def test_a_token_is_used_once(self) -> None:
        self.accepted(use(True, 0, 10), use(False, 0, 10, "b"), model=Register("fresh"))
        self.caught(use(True, 0, 10), use(True, 0, 10, "b"), model=Register("fresh"))
        self.caught(use(False, 0, 1), use(True, 2, 3, "b"), model=Register("fresh"))
        self.accepted(use(UNKNOWN, 0, 1), use(False, 2, 3, "b"), model=Register("fresh"))

    def test_keys_are_judged_one_by_one(self) -> None:
        self.accepted(write(1, 0, 1, key="x"), read(None, 2, 3, key="y"))
        self.caught(write(1, 0, 1, key="x"), read(None, 2, 3, key="y"), read(2, 2, 3, key="x"))

    def test_a_refusal_names_what_cannot_be_put_in_order(self) -> None:
        verdict = linearizable([write(1, 0, 1), read(1, 2, 3), read(None, 4, 5, "b")])
        self.assertEqual(verdict.key, "x")
        self.assertEqual(list(verdict.longest), [write(1, 0, 1), read(1, 2, 3)])
        self.assertIn("4.000000 - 5.000000 b x: read() = None", str(verdict).split("what is left:")[1])


class Bounded(unittest.TestCase):
    def test_a_read_may_be_as_old_as_the_bound(self) -> None:
        history = [write(1, 0, 1), write(2, 2, 3), read(1, 3.9, 4, "b")]
        self.assertTrue(bounded(history, 1))
        self.assertFalse(bounded(history, 0.5))
        self.assertFalse(linearizable(history))

    def test_a_read_tells_no_value_that_is_yet_to_come(self) -> None:
        self.assertFalse(bounded([read(1, 0, 1, "b"), write(1, 2, 3)], 10))

    def test_a_read_tells_no_value_from_nowhere(self) -> None:
        self.assertFalse(bounded([write(1, 0, 1), read(2, 0, 1, "b")], 10))

    def test_a_refusal_may_be_as_old_as_the_bound(self) -> None:
        history = [write(1, 0, 1), replace(edit(2, False, 1.5, 2), node="b")]
        self.assertTrue(bounded(history, 1))
        self.assertFalse(bounded(history, 0.2))

    def test_writes_are_not_bounded_but_strict(self) -> None:
        self.assertFalse(bounded([use(True, 0, 1), use(True, 2, 3, "b")], 10, Register("fresh")))

    def test_the_node_that_wrote_shows_it_at_once(self) -> None:
        self.assertTrue(bounded([write(1, 0, 1, "a"), read(None, 1.5, 2, "b")], 1))
        self.assertFalse(bounded([write(1, 0, 1, "a"), read(None, 1.5, 2, "a")], 1))


def permutations_that_hold(history: Sequence[Operation], model: Register) -> bool:
    """The definition itself: any subset of the unknown ones, any order, judged."""
    known = [o for o in history if o.known]
    unknown = [o for o in history if not o.known]
    for size in range(len(unknown) + 1):
        for chosen in itertools.combinations(unknown, size):
            if any(holds(order, model) for order in itertools.permutations([*known, *chosen])):
                return True
    return False


def holds(order: Sequence[Operation], model: Register) -> bool:
    state = model.initial
    for at, operation in enumerate(order):
        if any(later.known and later.end < operation.start for later in order[at + 1 :]):
            return False
        result, state = model.apply(state, operation)
        if operation.known and result != operation.result:
            return False
    return True


def any_history(choice: random.Random, length: int, lengthen: float) -> list[Operation]:
    """Results out of the air: most of these cannot have happened."""
    out = []
    for _ in range(length):
        start = choice.randrange(12)
        name = choice.choice(["read", "read", "write", "edit", "delete", "replace"])
        argument: Any = choice.randrange(2, 4)
        result: Any = choice.choice([True, True, False])
        if name == "read":
            argument, result = None, choice.choice([None, 2, 3])
        elif name == "write":
            result = True
        elif name == "delete":
            argument = None
        elif name == "replace":
            argument = (argument, choice.randrange(2, 4))
        if choice.random() < 0.2:
            result = UNKNOWN
        out.append(Operation("x", name, argument, result, start, start + choice.random() * lengthen))
    return out


def real_history(
    choice: random.Random, clients: int, length: int, keys: int = 1, lost: float = 0.1, model: Register = Register(0)
) -> list[Operation]:
    """What `clients` see of real registers: every operation takes effect at one moment between its start and end."""
    states: dict[str, Any] = {}
    out: list[Operation] = []
    for moment, client, operation in sorted(planned(choice, clients, length, keys), key=lambda p: p[0]):
        is_lost = choice.random() < lost
        if is_lost and choice.random() < 0.5:
            out.append(replace(operation, result=UNKNOWN, end=math.inf))
            continue
        result, states[operation.key] = model.apply(states.get(operation.key, model.initial), operation)
        done = replace(operation, result=result, node=client)
        out.append(replace(done, result=UNKNOWN, end=math.inf) if is_lost else done)
    return out


def planned(choice: random.Random, clients: int, length: int, keys: int) -> Iterator[tuple[float, str, Operation]]:
    values = itertools.count(2)
    for number in range(clients):
        now = choice.random()
        for _ in range(length // clients):
            start, took, wait = now, choice.expovariate(1), choice.expovariate(1)
            now += took + wait
            key = f"k{choice.randrange(keys)}"
            name = choice.choices(["read", "write", "edit", "delete", "replace"], [8, 4, 4, 1, 2])[0]
            argument: Any = None if name in ("read", "delete") else next(values)
            if name == "replace":
                argument = (choice.randrange(2, argument + 1), argument)
            moment = start + choice.random() * took
            yield moment, f"n{number % 3}", Operation(key, name, argument, None, start, start + took)


class RandomHistories(unittest.TestCase):
    def test_it_agrees_with_the_definition(self) -> None:
        verdicts = {True: 0, False: 0}
        for seed in range(6000):
            choice = random.Random(seed)
            history = any_history(choice, choice.randrange(1, 6), lengthen=choice.choice([2, 6, 12]))
            model = Register(choice.choice([None, 2]))
            expected = permutations_that_hold(history, model)
            verdicts[expected] += 1
            self.assertEqual(bool(linearizable(history, model)), expected, f"seed {seed}: {list(map(str, history))}")
        self.assertGreater(min(verdicts.values()), 1000, "the histories prove little")

    def test_bounded_agrees_with_the_definition(self) -> None:
        verdicts = {True: 0, False: 0}
        for seed in range(3000):
            choice = random.Random(seed)
            history = any_history(choice, choice.randrange(1, 6), lengthen=3)
            # Nodes of their own: nobody reads their own writes.
            history = [replace(o, node=n) for n, o in enumerate(history)]
            older = [replace(o, start=o.start - 3) if o.name == "read" or o.result is False else o for o in history]
            expected = permutations_that_hold(older, Register(2))
            verdicts[expected] += 1
            self.assertEqual(bool(bounded(history, 3, Register(2))), expected, f"seed {seed}")
        self.assertGreater(min(verdicts.values()), 500, "the histories prove little")

    def test_what_a_real_register_did_is_accepted(self) -> None:
        for seed in range(300):
            choice = random.Random(seed)
            history = real_history(choice, choice.randrange(1, 9), 60, keys=2)
            verdict = linearizable(history, Register(0))
            self.assertTrue(verdict, f"seed {seed}: {verdict}")
            self.assertTrue(bounded(history, 0, Register(0)), f"seed {seed}")

    def test_a_thousand_operations_on_ten_keys_are_judged_in_time(self) -> None:
        begun = time.monotonic()
        for seed in range(3):
            history = real_history(random.Random(seed), 24, 1000, keys=10)
            self.assertTrue(linearizable(history, Register(0)))
            self.assertTrue(bounded(history, 2, Register(0)))
        self.assertLess(time.monotonic() - begun, 60)


class PlantedViolations(unittest.TestCase):
    """In what a real register did, one answer is changed to one that it cannot have given."""

    def histories(self) -> Iterator[tuple[random.Random, list[Operation]]]:
        for seed in range(100):
            choice = random.Random(seed)
            yield choice, real_history(choice, 4, 80, lost=0.05)

    def assert_caught(self, history: list[Operation], bound: float) -> None:
        self.assertFalse(linearizable(history, Register(0)))
        self.assertFalse(bounded(history, bound, Register(0)))

    def test_a_stale_read_is_caught(self) -> None:
        """A value that an acknowledged write had replaced before the read, by more than the bound."""
        for _, history in self.histories():
            end = max(o.end for o in history if o.known) + 100
            self.assert_caught([*history, write(-1, end, end + 1, key="k0"), read(0, end + 9, end + 10, key="k0")], 2)

    def test_a_lost_write_is_caught(self) -> None:
        """Acknowledged, and the value of before it goes on."""
        for _, history in self.histories():
            end = max(o.end for o in history if o.known) + 100
            around = [write(-1, end, end + 1), write(-2, end + 2, end + 3), read(-1, end + 9, end + 10)]
            self.assert_caught([*history, *(replace(o, key="k0") for o in around)], 2)

    def test_a_value_from_nowhere_is_caught(self) -> None:
        for choice, history in self.histories():
            at = choice.choice([n for n, o in enumerate(history) if o.name == "read" and o.known])
            history[at] = replace(history[at], result=-7)
            self.assert_caught(history, 2)

    def test_a_double_use_is_caught(self) -> None:
        for choice, history in self.histories():
            start = choice.random() * 50
            uses = [replace(use(True, start, start + 5, node), key="token") for node in "ab"]
            tokens = [replace(o, start=o.start + choice.random()) for o in uses]
            self.assertFalse(linearizable(tokens, Register("fresh")))
            self.assertFalse(bounded(tokens, 2, Register("fresh")))

    def test_a_read_that_goes_back_is_caught(self) -> None:
        for _, history in self.histories():
            end = max(o.end for o in history if o.known) + 100
            around = [write(-1, end, end + 50), read(-1, end + 1, end + 2), read(0, end + 9, end + 10)]
            self.assert_caught([*history, *(replace(o, key="k0") for o in around)], 2)


if __name__ == "__main__":
    unittest.main()
