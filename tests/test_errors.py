"""Every wrong file of ``tests/errors`` gets exactly the message that stands beside it."""

from __future__ import annotations

import difflib
import pickle
import random
import re
import time
from pathlib import Path

import pytest

from graphc.errors import MAX_REPORTED, Diagnostic, InputError, Source, printable, suggest
from graphc.language.elaborate import elaborate
from graphc.language.lexer import decode, make_source
from graphc.language.words import WordError, name_problem, number_in

ERRORS = Path(__file__).parent / "errors"
CASES = sorted(path.stem for path in ERRORS.glob("*.expr"))
VALID = [
    '"""Doc."""\nx: input[3]\nk: data = 2.0\ndef f(a, b):\n    c = a*b\n    return c + 1\n'
    "y = sum(f(x[i], k)**2 for i in range(3) if i > 0)\nz: output = y if y > 0 else -y\n",
    "a = 1.5e3*x + sin(x)**2  # comment\nb = max(a, 2, x) if x < 1 <= a and not x == 2 else (\n"
    "    a - 0x1F\n)\nc = b; d = -c // 2 % 3\n",
    "def g(t): return clip(t, -1, 1)\ne = prod(g(x*i + j) for i in range(2) for j in range(i))\n",
]


def message(data: bytes, name: str = "model.expr", **options: int) -> str:
    """The rendered message of a wrong file."""
    with pytest.raises(InputError) as caught:
        elaborate(decode(data, name), **options)
    return caught.value.render()


def complaint(text: str, **options: int) -> str:
    """The text of the first message."""
    return message(text.encode(), **options).split("error: ", 1)[1].split("\n")[0]


@pytest.mark.parametrize("case", CASES)
def test_message(case: str, update_golden: bool) -> None:
    found = message((ERRORS / f"{case}.expr").read_bytes(), f"{case}.expr") + "\n"
    path = ERRORS / f"{case}.txt"
    if update_golden:
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if found != expected:
        lines = difflib.unified_diff(
            expected.splitlines(), found.splitlines(), "expected", "found", lineterm=""
        )
        pytest.fail("\n".join([*lines, "", "if this is meant, run pytest with --update-golden"]))


def test_every_message_has_its_file() -> None:
    orphans = [path.name for path in ERRORS.glob("*.txt") if path.stem not in CASES]
    assert orphans == []
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES)
def test_messages_are_in_order_and_short(case: str) -> None:
    with pytest.raises(InputError) as caught:
        elaborate(decode((ERRORS / f"{case}.expr").read_bytes(), "m"))
    found = caught.value.diagnostics
    assert [d.start for d in found] == sorted(d.start for d in found)
    assert len({(d.start, d.message) for d in found}) == len(found)
    for d in found:
        first = d.message.lstrip("'")
        assert d.message[0] != first[0] or first[0].islower(), d.message
        assert len(d.message) < 150 and len(d.hint) < 150


def test_an_error_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError) as caught:
        elaborate(Source("a = x\ny = sinn(a)\nz = coss(a)", "m.expr"))
    error = caught.value
    assert (error.filename, error.lineno, error.offset) == ("m.expr", 2, 5)
    assert (error.end_lineno, error.end_offset, error.text) == (2, 9, "y = sinn(a)")
    assert error.__notes__[0] == "help: did you mean 'sin'?"
    assert "m.expr:3:5: error: unknown function 'coss'" in error.__notes__[1]


def test_an_error_pickles() -> None:
    with pytest.raises(InputError) as caught:
        elaborate(make_source("y = sinn(x)"))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.render() == caught.value.render()


def test_a_diagnostic_as_a_dictionary() -> None:
    source = make_source("y = sinn(x)", "m.expr")
    with pytest.raises(InputError) as caught:
        elaborate(source)
    found = caught.value.diagnostics[0].as_dict(source)
    assert found.pop("rendered") == caught.value.render()
    assert found == {
        "level": "error",
        "message": "unknown function 'sinn'",
        "file": "m.expr",
        "line": 1,
        "column": 5,
        "end_line": 1,
        "end_column": 9,
        "help": "did you mean 'sin'?",
    }


def test_many_errors_are_cut() -> None:
    with pytest.raises(InputError) as caught:
        elaborate(make_source("\n".join(f"y{i} = x +" for i in range(1000))))
    assert len(caught.value.diagnostics) == MAX_REPORTED


@pytest.mark.parametrize(
    "text",
    [
        "y = " + "7" * 1_000_000,
        "y = " + "n" * 1_000_000 + "(x)",
        "y = _" + "n" * 1_000_000,
        "y = " + "9" * 400,
        "y = 1" + "." * 1_000_000,
        "y = 0x" + "f" * 5_000,
        "y = '" + "t" * 1_000_000,
        '"""' + "t\\" * 500_000,
        "n" * 1_000_000 + ": kind",
        "y = x +" + " " * 1_000_000,
        "y = x" + "(" * 100_000,
        "y = " + "2 " * 100_000,
        "x" * 100_000 + "_",
        "y = (" + "\n" * 100_000,
        "y = x" + ")" * 100_000,
        "y = " + "x if " * 100_000,
        "y = " + "not " * 100_000 + "x",
        "def f(" + "a" * 100_000 + "): return 2",
        "y = 2x" * 100_000,
        "\n".join("a = " for _ in range(100_000)),
        "\n".join(f"a{i} = b{i}\nb{i} = a{i}" for i in range(20_000)),
        ";" * 1_000_000,
        "x" + "\u0301" * 100_000 + " = 2x",
    ],
    ids=range(23),
)
def test_huge_wrong_files_end_in_short_messages(text: str) -> None:
    start = time.process_time()
    found = message(text.encode())
    assert time.process_time() - start < 20
    assert len(found) < 60_000
    assert all(len(line) < 1_300 for line in found.split("\n"))


def test_numbers_of_any_length() -> None:
    assert complaint("y = " + "7" * 1_000_000) == "the number has 1000000 characters"
    assert complaint("y = " + "9" * 400).startswith("the number 9999")
    assert complaint("y = 0x" + "f" * 400).endswith("is too large for a float")
    assert number_in("1" + "0" * 300) == 10**300


def test_loops_of_any_length() -> None:
    start = time.process_time()
    limit = "the file unrolls to more than {} operations"
    assert complaint("y = sum(1 for i in range(10**12))") == limit.format(2_000_000)
    assert complaint("y = sum(1 for i in range(10**300))") == limit.format(2_000_000)
    nested = "y = sum(x for i in range(10**4) for j in range(10**4))"
    assert complaint(nested, max_operations=50_000) == limit.format(50_000)
    doubling = "\n".join(f"def f{i + 1}(x): return f{i}(x) + f{i}(x)" for i in range(100))
    growing = f"def f0(x): return x*x\n{doubling}\ny = f100(a)"
    assert complaint(growing, max_operations=50_000) == limit.format(50_000)
    assert time.process_time() - start < 10


def test_the_limit_counts_what_loops_and_functions_make() -> None:
    elaborate(make_source("y = sum(x*i for i in range(50))"), max_operations=100)
    assert complaint("y = sum(x*i for i in range(51))", max_operations=100)
    elaborate(make_source("def f(x): return x*x*x\ny = f(1) + f(2)"), max_operations=4)
    assert complaint("def f(x): return x*x*x\ny = f(1) + f(2) + f(3)", max_operations=4)
    elaborate(make_source("y = " + " + ".join(["x"] * 50)), max_operations=4)


def test_powers_of_any_size() -> None:
    start = time.process_time()
    assert "is larger than any float" in complaint("y = 10**10**10")
    assert "is larger than any float" in complaint("y = 2**(10**300)")
    assert complaint("y = 10**300 * 10**300") == "the constant is larger than any float"
    assert time.process_time() - start < 5


def test_an_error_under_a_constant_condition_is_none() -> None:
    text = "x: input[3]\ny = sum(x[i + 1] - x[i] if i < 2 else x[i] for i in range(3))"
    assert list(elaborate(make_source(text)).outputs) == ["y"]


def test_printable() -> None:
    assert printable("a\x00b\u200bc\td") == "a\\x00b\\u200bc\td"


def test_carets_stand_under_wide_letters() -> None:
    source = make_source("長さ = 2x", "m")
    lines = message("長さ = 2x".encode(), "m").split("\n")
    assert lines[2] == "    " + " " * 7 + "^^"
    assert Diagnostic("m", 0, 2).render(source).endswith("\n    ^^")


def test_suggestions() -> None:
    assert suggest("Sin", ["sin", "cos"]) == "did you mean 'sin'?"
    assert suggest("qqq", ["sin", "cos"]) == ""


@pytest.mark.parametrize(
    "name", ["v1", "x_bar", "gamma", "e", "pi", "sin", "data", "prod", "θ", "é"]
)
def test_names_that_are_allowed(name: str) -> None:
    assert name_problem(name) is None
    program = elaborate(make_source(f"{name} = 2*x\ny = {name} + 1"))
    assert list(program.inputs) == ["x"]


@pytest.mark.parametrize("word", ["2x", "1__0", "0b2", "1e", "٣", "1٣", "", "0_", "1.2.3"])
def test_words_that_are_no_numbers(word: str) -> None:
    with pytest.raises(WordError):
        number_in(word)


PIECES = re.findall(
    r"\S+",
    "( ) [ ] = if else for in range , x 2 def not + - * ** < : ; ' \\ lambda _ é input data sum "
    "sin 1e9 . # ^ return and",
)
PIECES += ["\n", "\n    ", "\t", "\x00", '"""']


def mutate(text: str, pick: random.Random) -> str:
    """A text with one thing changed, as by a slip of the hand."""
    i, j = sorted(pick.randrange(len(text) + 1) for _ in range(2))
    return pick.choice([
        text[:i] + text[i + 1 :],
        text[:i] + pick.choice(PIECES) + text[i:],
        text[:i] + " " + pick.choice(PIECES) + " " + text[i:],
        text[:i] + pick.choice(PIECES) + text[i + 1 :],
        text[:i] + text[j : j + 5] + text[i:],
        text[:i] + text[j:] if j - i < 20 else text[:i],
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_nothing_but_input_errors_comes_out(seed: int) -> None:
    pick = random.Random(seed)
    for _ in range(50):
        text = pick.choice(VALID)
        for _ in range(pick.randrange(1, 6)):
            text = mutate(text, pick)
        try:
            elaborate(make_source(text), max_operations=10_000)
        except InputError as error:
            assert error.render()


@pytest.mark.parametrize("text", VALID)
def test_the_valid_files_are_valid(text: str) -> None:
    assert elaborate(make_source(text)).outputs


@pytest.mark.parametrize("text", VALID)
def test_every_beginning_of_a_file_is_read_or_refused(text: str) -> None:
    for end in range(len(text)):
        try:
            elaborate(make_source(text[:end]))
        except InputError as error:
            assert error.render()
