"""The language: everything it accepts, with Python's own meaning, to any depth."""

from __future__ import annotations

import math
import struct
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graphc.errors import InputError, Source
from graphc.inspect.evaluate import evaluate
from graphc.language.elaborate import elaborate
from graphc.language.lexer import decode, make_source, tokenize
from graphc.language.parser import parse
from graphc.program import Program

FUNCTIONS = {
    "sin": math.sin,
    "exp": math.exp,
    "atan2": math.atan2,
    "min": min,
    "max": max,
    "abs": abs,
}


def read(text: str) -> Program:
    return elaborate(make_source(text))


def value(text: str, name: str = "y", **inputs: float) -> object:
    """The value of an output of a file."""
    program = read(text)
    return evaluate(program, inputs)[program.outputs[name]]


def bits(number: object) -> object:
    """Type and bits: nan equals nan, 0.0 is not -0.0, 1 is not 1.0."""
    return struct.pack("d", number) if isinstance(number, float) else (type(number), number)


def same(expression: str, **inputs: float) -> None:
    """Check that an expression means what it means in Python."""
    assert bits(value(f"y = {expression}", **inputs)) == bits(eval(expression, FUNCTIONS | inputs))


# --- random expressions ---------------------------------------------------------------------

ATOMS = st.sampled_from(["a", "b", "c", "0", "1", "2", "0.5", "1e3", "2.", ".25", "1_0.5e-1"])
BINARY = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", " + ", " - ", "  *  "])
COMPARE = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> str:
    """Text of a number, with as few parentheses as the grammar needs."""
    if depth == 0:
        return draw(ATOMS)
    inner = numbers(depth=depth - 1)
    form = draw(st.integers(0, 7))
    if form == 0:
        return draw(ATOMS)
    if form == 1:
        return f"({draw(inner)})"
    if form == 2:
        sign = draw(st.sampled_from(["-", "+", "--", "-+", "- "]))
        return f"{sign}{draw(units(depth - 1))}"
    if form == 3:
        name = draw(st.sampled_from(sorted(FUNCTIONS)))
        count = {"atan2": 2, "min": 3, "max": 2}.get(name, 1)
        return f"{name}({', '.join(draw(inner) for _ in range(count))})"
    if form == 4:
        return f"({draw(inner)} if {draw(conditions(depth=depth - 1))} else {draw(inner)})"
    text = draw(units(depth - 1))
    for _ in range(draw(st.integers(1, 4))):
        text += draw(BINARY) + draw(units(depth - 1))
    return text


@st.composite
def units(draw: st.DrawFn, depth: int) -> str:
    """Text that may stand beside an operator."""
    form = draw(st.integers(0, 3))
    if form == 0 or depth == 0:
        return draw(ATOMS)
    if form == 1:
        return f"({draw(numbers(depth=depth - 1))})"
    if form == 2:
        return f"-{draw(ATOMS)}"
    return f"abs({draw(numbers(depth=depth - 1))})"


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    """Text of a condition: chained comparisons, joined without parentheses."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(units(depth))
        for _ in range(draw(st.integers(1, 3))):
            text += draw(COMPARE) + draw(units(depth))
        parts.append(draw(st.sampled_from(["", "not ", "not not "])) + text)
        parts.append(draw(st.sampled_from([" and ", " or "])))
    return "".join(parts[:-1])


POINTS = st.floats(-3, 3) | st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.0])


def check_like_python(text: str, inputs: dict[str, float]) -> None:
    assume(text.count("**") <= 3)
    try:
        expected = eval(text, FUNCTIONS | inputs)
    except (ArithmeticError, ValueError):
        assume(False)
    assume(not isinstance(expected, complex))
    try:
        program = read(f"y = {text}")
    except InputError as error:
        assert "larger than any float" in error.msg
        return
    found = evaluate(program, inputs)[program.outputs["y"]]
    assert bits(found) == bits(expected), text


@given(numbers(), POINTS, POINTS, POINTS)
def test_numbers_mean_what_they_mean_in_python(text: str, a: float, b: float, c: float) -> None:
    check_like_python(text, {"a": a, "b": b, "c": c})


@given(conditions(), POINTS, POINTS, POINTS)
def test_conditions_mean_what_they_mean_in_python(text: str, a: float, b: float, c: float) -> None:
    check_like_python(f"1 if {text} else 2", {"a": a, "b": b, "c": c})


# --- expressions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a - b - 2",
        "a / b / 2",
        "a - (b - 2)",
        "a ** b ** 2",
        "(a ** b) ** 2",
        "-a ** 2",
        "(-a) ** 2",
        "2 ** -a",
        "2 ** -a ** 2",
        "2 ** - - a",
        "-a * b",
        "a * -b",
        "- -a",
        "-+-a",
        "a // b % 2",
        "a % b * 2",
        "a * b // 2",
        "-a // b",
        "-a % b",
        "a + b * 2 ** 3",
        "+a",
        "a if a > b else b",
        "1 if a > b else 2 if a == b else 3",
        "(1 if a > b else 2) if a > 0 else 3",
        "1 if a < b < 4 else 0",
        "1 if a < b > 2 != 3 else 0",
        "1 if a < 1 and b < 1 or a > 0 else 0",
        "1 if a < 1 and (b < 1 or a > 0) else 0",
        "1 if not a < b else 0",
        "1 if not (a < b and b < 3) else 0",
        "1 if not a < b == 2 else 0",
        "1 if a < b or a > b and a > 9 else 0",
        "a + 1 if b > 0 else b - 1",
        "1 if (a if a > 0 else b) > 0 else 2",
        "(a) + ((b))",
        "max(a, b, 2)",
        "min(a, max(b, 1), 3)",
        "abs(a,)",
        "1 if True else 2",
        "1 if a > 0 and False else 2",
        "a*b+a/b-a**b",
    ],
)
def test_operators(text: str) -> None:
    for a in (1.5, -2.25, 0.5):
        for b in (0.75, 2.0, 3.0):
            if not isinstance(eval(text, FUNCTIONS | {"a": a, "b": b}), complex):
                same(text, **{n: v for n, v in (("a", a), ("b", b)) if n in text})


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "00",
        "7",
        "1_000",
        "0x1F",
        "0XfF",
        "0o17",
        "0b101",
        "0b_1",
        "1.",
        ".5",
        "1.5",
        "00.5",
        "1e3",
        "1E-3",
        "1e+3",
        "1_0.0_1e1_0",
        "1.e5",
        "5e-324",
        "0.1",
        "123456789012345678901234567890",
        "010.5",
        "0_0",
    ],
)
def test_numbers(text: str) -> None:
    same(text)
    program = read(f"y = {text}")
    assert program.spellings[program.outputs["y"]] == text


@pytest.mark.parametrize(
    "text", ["-2", "2 + 3*4", "7 // 2", "-7 // 2", "-7 % 3", "2**10", "1/4", "min(3, 2)"]
)
def test_constants_fold_to_the_same_number(text: str) -> None:
    assert bits(value(f"y = {text}")) == bits(eval(text))


def test_pi_is_a_constant_unless_the_file_defines_it() -> None:
    assert value("y = 2*pi") == 2 * math.pi
    assert value("pi = 3\ny = 2*pi") == 6
    assert value("pi: input\ny = 2*pi", pi=3) == 6
    assert list(read("y = e*x").inputs) == ["e", "x"]


# --- comprehensions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "sum(x*i for i in range(5))",
        "sum(i*x for i in range(2, 5))",
        "sum(i*x for i in range(9, 0, -2))",
        "sum(x*i*j for i in range(3) for j in range(i))",
        "sum(x*i for i in range(5) if i % 2 == 0)",
        "sum(x*i*j for i in range(4) if i > 1 for j in range(3) if j < i if i + j > 2)",
        "sum(sum(x**j for j in range(i)) for i in range(4))",
        "min(x*i - i**2 for i in range(5))",
        "max(x*i - i**2 for i in range(5))",
        "sum((i if i > 2 else x) for i in range(5))",
        "sum(i if i > 2 else x for i in range(5))",
        "sum(x for i in range(0))",
        "sum(x for i in range(3, 1))",
        "sum(x*i for i in range(len_)) + i",
        "2*sum(x + i for i in range(3))**2",
        "-sum(x for i in range(2))",
        "sum(i*x for i in range(sum(j for j in range(3))))",
        "sum(x*i for i in range(3) for i in range(2))",
        "sum(x*i for i in range(4) if i > 0 and not i == 2)",
        "sum(x*i for i in range(3)) * sum(i for i in range(x_))",
        "max(sum(x*i for i in range(2)), 1)",
        "sum(x*i for i in range(2**3))",
    ],
)
def test_comprehensions(text: str) -> None:
    text = text.replace("len_", "3").replace("x_", "4")
    names = {"x": 1.5, "i": 0.5} if "+ i" in text and text.endswith("+ i") else {"x": 1.5}
    used = {name: number for name, number in names.items() if name in read(f"y = {text}").inputs}
    expected = eval(text, names | {"sum": sum, "min": min, "max": max})
    assert value(f"y = {text}", **used) == expected


def test_prod_and_the_empty_ones() -> None:
    assert value("y = prod(x + i for i in range(4))", x=1.5) == 1.5 * 2.5 * 3.5 * 4.5
    assert value("y = prod(x for i in range(0)) + sum(x for i in range(0))") == 1


def test_a_loop_variable_hides_and_gives_back() -> None:
    assert value("i = 10*x\ny = sum(i for i in range(3)) + i", x=1.0) == 13.0
    program = read("y = sum(i*x for i in range(3))\ni = 5*x")
    assert list(program.outputs) == ["y", "i"]


def test_a_comprehension_over_several_lines() -> None:
    text = "y = sum(\n    x[i]*j  # element\n    for i in range(3)\n    if i\n > 0\n"
    text += "    for j in range(\n2)\n)\nx: input[3]"
    assert value(text, **{"x[0]": 1.0, "x[1]": 2.0, "x[2]": 3.0}) == 5.0


# --- statements -----------------------------------------------------------------------------


def test_functions() -> None:
    text = '''
def square(z):
    """The docstring of a function."""
    # a comment

    return z*z
def both(a, b):
    s = square(a)
    t = square(s + b); u = t
    return s*u
def constant(): return 2.5
def free(a,
         b,
         ): return a*k + b
k = 3*x
y = both(x, square(2)) + constant() + free(1, x) + square(z=x) if False else both(x, 1) + free(x, 2)
'''.replace("square(z=x)", "square(x)")
    s = 1.5 * 1.5
    t = (s + 1) * (s + 1)
    assert value(text, x=1.5) == s * t + (1.5 * 4.5 + 2)


def test_a_function_may_stand_below_its_call() -> None:
    assert value("y = f(x)\ndef f(a): return 2*g(a)\ndef g(a): return a + 1", x=2.0) == 6.0


def test_names_inside_functions_are_their_own() -> None:
    text = "def f(x):\n    t = 2*x\n    return t + sum(t*i for i in range(3))\n"
    text += "t = f(x) + 1\ny = f(t) + t"
    t = (2 * 1.5 + 9.0) + 1
    assert value(text, x=1.5) == (2 * t + 2 * t * 3) + t


def test_a_function_of_the_table_that_is_a_definition() -> None:
    assert value("y = clip(x, -1, 1) + leaky_relu(x, 0.5) + leaky_relu(x)", x=-2.0) == -2.02


def test_declarations() -> None:
    program = read(
        "u: data\nw: input = 2.5\nx: input[3]\nv: input\nr: output = u*w*x[0]*free\ns = v\n"
    )
    assert list(program.inputs) == ["u", "x", "v", "free", "w"]  # those with defaults last
    assert [program.inputs[name].active for name in "uxvw"] == [False, True, True, True]
    assert program.inputs["w"].default == 2.5 and program.inputs["x"].size == 3
    assert list(program.outputs) == ["r"]
    assert list(read("y: output\ny = x\nz = y").outputs) == ["y"]
    assert read("k: input = -2**2 + 1\ny = k").inputs["k"].default == -3
    assert read("x: input[2*3 - 1]\ny = x[4]").inputs["x"].size == 5


def test_outputs_are_the_names_that_nothing_uses() -> None:
    text = "a = x\nb = a + 1\ndef f(t): return t*c\nc = 2*x\nd = f(x)\ng = sum(d for i in range(2))"
    assert list(read(text.replace("d = f", "h = f").replace("sum(d", "sum(h")).outputs) == [
        "b",
        "g",
    ]
    assert list(read("a = x\nb = sum(a*i for i in range(2))\na2 = b").outputs) == ["a2"]


def test_arrays() -> None:
    inputs = {f"x[{i}]": float(i + 1) for i in range(3)}
    assert value("x: input[3]\ny = x[0] - x[-1]*x[1] + x[2 - 1] + x[-3]", **inputs) == 1 - 6 + 2 + 1
    assert value("n = 2\nx: input[n + 1]\ny = x[n]".replace("n + 1", "3"), **inputs) == 3
    assert value("y = x [ 1 ]\nx: data[3]", **inputs) == 2


def test_layout() -> None:
    assert value("a = x; b = 2*a ;y = b;", x=1.0) == 2
    assert value("y = x + \\\n    1", x=1.0) == 2
    assert (
        value("# first\n\n   # second\ny = (x  # third\n  # fourth\n\n+ 1)  # fifth\n# last", x=1.0)
        == 2
    )
    assert value("# ends with a backslash \\\ny = x", x=1.0) == 1
    assert value("y = f(x,\n      1,\n)\ndef f(a, b): return a + b", x=1.0) == 2
    assert value("y=(x\n+1\n)*(\n2)", x=1.0) == 4
    assert value("\n\n\ny\t=\tx\f+ 1", x=1.0) == 2
    assert value(";\ny = x;;\n", x=1.0) == 1
    assert value("def f(a):\n\tb = a\n\n\t# text\n  # text\n\treturn b\ny = f(x)", x=1.0) == 1


def test_docstrings() -> None:
    assert read('"""One\ntwo."""\ny = x').doc == "One\ntwo."
    assert read("# comment\n\n'single'\ny = x").doc == "single"
    assert read("'''a \"quote\" and \\''' more'''; y = x").doc == "a \"quote\" and \\''' more"
    assert read('""\ny = x').doc == ""
    assert read('""""quoted" text"""\ny = x').doc == '"quoted" text'


def test_names_of_other_alphabets() -> None:
    program = read("θ = 2*φ + 长\ny_β = θ**2")
    assert list(program.inputs) == ["φ", "长"] and list(program.outputs) == ["y_β"]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfa = x\nb = a\n",
        b"a = x\r\nb = a\r\n",
        b"a = x\rb = a",
        b"a = x\nb = a",
        b"a = x\nb = a\n\n\n",
        b"a = x\nb = a   ",
        b"a = x\nb = a # end",
        b"\xef\xbb\xbf\r\n\r\na = x\r\nb = a",
    ],
)
def test_files_of_every_kind(data: bytes) -> None:
    program = elaborate(decode(data, "m.expr"))
    assert list(program.inputs) == ["x"] and list(program.outputs) == ["b"]


def test_origins_are_lines_and_columns() -> None:
    source = make_source("# comment\na = 2*x\nb = (a +\n   sin(a))", "m.expr")
    program = elaborate(source)
    found = {node[0]: source.origin(program.origins[i]) for i, node in enumerate(program.nodes)}
    assert found["mul"] == ("m.expr", 2, 6)
    assert found["add"] == ("m.expr", 3, 8)
    assert found["sin"] == ("m.expr", 4, 4)
    assert found["input"] == ("m.expr", 2, 7)


def test_tokens_are_found_again() -> None:
    source = Source('"""Doc."""\ny = x**2 + \\\n 0.5e-3  # end\n\n  \nz = (1, "t")\n')
    tokens = tokenize(source)
    for i, token in enumerate(tokens[:-1]):
        start, end = source.token_span(i)
        assert token.startswith(source.text[start:end])
    assert source.token_span(len(tokens) + 5) == (len(source.text), len(source.text))


def test_reading_keeps_what_can_be_read() -> None:
    reading = parse(Source("a = x\nb = 2 +\nc = 3"))
    assert [reading.tokens[s.name] for s in reading.script.statements] == ["a", "c"]
    assert len(reading.errors) == 1 and reading.script.broken == {"b"}


# --- size -----------------------------------------------------------------------------------


def timed(text: str, operations: int, seconds: float) -> Program:
    start = time.process_time()
    program = read(text)
    assert time.process_time() - start < seconds
    assert len(program) >= operations
    return program


def test_a_sum_of_a_million_terms() -> None:
    timed("y = " + " + ".join(f"x{i % 1000}" for i in range(1_000_000)), 1_000_000, 60)


def test_many_terms_in_a_loop() -> None:
    timed("y = sum(x*i for i in range(300_000))", 600_000, 60)


@pytest.mark.parametrize("text", [
    "(" * 100_000 + "x" + ")" * 100_000, "x" + " + (x" * 100_000 + ")" * 100_000,
    "sin(" * 100_000 + "x" + ")" * 100_000, "-" * 100_000 + "x",
    "- (" * 50_000 + "x" + ")" * 50_000,
    "2**" * 10_000 + "x", "x**" * 100_000 + "x",
    "x + " + "\n + ".join(["(x", *["x"] * 100_000]) + ")",
    " if x > 0 else ".join(f"x*{i}" for i in range(10_000)),
    "(" * 10_000 + "x" + "".join(f" if x > {i} else {i})" for i in range(10_000)),
    "1 if x" + "".join(f" < {i}" for i in range(10_000)) + " else 2",
    "1 if " + "not " * 100_001 + "x > 0 else 2",
    "1 if " + " and ".join(f"x > {i}" for i in range(10_000)) + " else 2",
    "max(" * 10_000 + "x" + "".join(f", {i})" for i in range(10_000)),
    "max(" + ", ".join(f"x*{i}" for i in range(10_000)) + ")",
    "sum(" * 1_000 + "x*i0" + "".join(f" for i{i} in range(1))" for i in range(1_000)),
    "x +" + "\\\n" * 100_000 + "x",
], ids=range(17))  # fmt: skip
def test_depth(text: str) -> None:
    timed(f"y = {text}", 1, 30)


def test_a_chain_of_ten_thousand_functions() -> None:
    text = "\n".join(f"def f{i + 1}(a): return f{i}(a) + {i}" for i in range(10_000))
    timed(f"def f0(a): return 2*a\n{text}\ny = f10000(x)", 20_000, 30)


def test_a_file_of_a_hundred_thousand_lines() -> None:
    timed("s0 = x\n" + "\n".join(f"s{i + 1} = s{i}*x + {i}" for i in range(100_000)), 200_000, 30)


def test_reading_takes_linear_time() -> None:
    def seconds(lines: int) -> float:
        text = "s0 = x\n" + "\n".join(f"s{i + 1} = sin(s{i})*x - {i}" for i in range(lines))
        start = time.process_time()
        read(text)
        return time.process_time() - start

    seconds(1_000)
    short = min(seconds(5_000) for _ in range(3))
    assert seconds(40_000) < 8 * 3 * short + 1
