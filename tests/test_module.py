"""Generated modules as Python files: what they import, how they look, what they prove."""

import ast
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

import graphc
from graphc.codegen import module as module_writer

ROOT = Path(__file__).parents[1]
GOLDEN = sorted(p for p in (ROOT / "tests/golden").glob("*.py") if p.stem != "conftest")
PRODUCTS = ("grad", "value_and_grad", "jacobian", "value_and_jacobian", "jvp", "vjp")
TEXT = """
k: input = 0.5
r = a * b
e = sin(r) * exp(k) + r
"""


def run(path: Path, python: str = sys.executable) -> subprocess.CompletedProcess:
    """Run a module as a script, without site packages."""
    command = [python, "-I", "-S", path]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


# --- Python, and only Python --------------------------------------------------------------

# Names that a module may import, and the first version of Python that has them.
STANDARD = {"__future__": {"annotations"}, "collections.abc": {"Sequence"}, "random": {"Random"},
            "typing": {"Any", "Callable"}}  # fmt: skip
MATH_3_8 = """
acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh e erf erfc exp expm1 fabs floor fmod
frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt ldexp lgamma log log10 log1p log2
modf nan perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc
"""


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_runs_on_python_3_8(path):
    """Syntax of 3.8; names of its library, or newer ones behind a version check."""
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    guarded = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "sys.version_info" in ast.unparse(node.test):
            assert node.orelse, "a newer function needs another one for older versions"
            guarded |= {id(inner) for part in node.body for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert [alias.name for alias in node.names] == ["sys"]
        elif isinstance(node, ast.ImportFrom) and id(node) not in guarded:
            known = {**STANDARD, "math": {*MATH_3_8.split()}}
            assert {alias.name for alias in node.names} <= known[node.module]
    # annotations such as tuple[float, float] are evaluated nowhere
    assert "from __future__ import annotations" in path.read_text(encoding="utf-8")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
            assert not node.keywords  # zip(strict=...) came with 3.10


def older_pythons() -> list[str]:
    """Interpreters of older versions on this machine that work."""
    found = []
    for minor in (8, 9, 10):
        folders = [*os.environ.get("PATH", "").split(os.pathsep)]
        folders += map(str, sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin")))
        for folder in folders:
            python = Path(folder) / f"python3.{minor}"
            if python.exists() and "shims" not in folder:
                found.append(str(python))
                break
    return found


@pytest.mark.parametrize("python", older_pythons(), ids=lambda path: Path(path).name)
def test_runs_on_older_interpreters(python):
    """The files themselves, imported and checked by an older interpreter, all in one process."""
    code = (
        "import runpy, sys\n"
        "for path in sys.argv[1:]:\n"
        "    try: runpy.run_path(path, run_name='__main__')\n"
        "    except SystemExit as end: assert end.code == 0, path\n"
    )
    command = [python, "-I", "-S", "-c", code, *map(str, GOLDEN)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_same_bytes_in_any_process():
    code = (
        "import sys, graphc\n"
        "for name in sys.argv[1:]:\n"
        "    print(graphc.load(f'examples/{name}.expr', products=('all',)).source)\n"
    )
    names = ["reprojection", "network", "friction", "lennard_jones"]
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, *names]
        done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, check=True)
        texts.add(done.stdout)
    assert len(texts) == 1


def test_nothing_of_the_place_or_time():
    for path in GOLDEN:
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert graphc.__version__ not in re.sub(r"[\w.]*\d[\w.]*\d", "", text)


# --- looks --------------------------------------------------------------------------------


def test_mypy_strict(tmp_path):
    from mypy import api

    options = ["--strict", "--cache-dir", str(tmp_path), "--python-version", "3.10"]
    out, err, code = api.run([*options, "--scripts-are-modules", *map(str, GOLDEN)])
    assert code == 0, out[-4000:] + err


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_constants_and_docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    public = [name for name in functions if name[0] != "_"]
    patterns = [n for n in constants if n.endswith(("_SHAPE", "_INDPTR", "_INDICES"))]
    assert list(constants["__all__"]) == ["INPUTS", "OUTPUTS", "SOURCE_SHA256", *patterns, *public]
    assert re.fullmatch("[0-9a-f]{64}", constants["SOURCE_SHA256"])
    assert ast.get_docstring(tree)
    for name in public:
        arguments = [a.arg for a in functions[name].args.args]
        assert arguments[: len(constants["INPUTS"])] == list(constants["INPUTS"])
        assert all(a.annotation for a in functions[name].args.args)
        assert functions[name].returns
        check_numpydoc(ast.get_docstring(functions[name]), arguments)
    for name in functions.keys() - public:
        assert ast.get_docstring(functions[name]) or re.search(r"_\d+$", name)


def check_numpydoc(text: str, arguments: list[str]) -> None:
    """A sentence, then underlined sections; a line ``name : type`` for every argument."""
    lines = text.split("\n")
    assert lines[0][0].isupper()
    assert lines[0].endswith(".")
    assert lines[1] == ""
    sections = {
        line: k for k, (line, below) in enumerate(pairwise(lines))
        if below and set(below) == {"-"}
    }  # fmt: skip
    assert list(sections)[:2] == ["Parameters", "Returns"]
    for section, k in sections.items():
        assert len(lines[k + 1]) == len(section)
        assert lines[k - 1] == ""
    named = lines[sections["Parameters"] + 2 : sections["Returns"] - 1]
    assert [line.split(" : ")[0] for line in named if " : " in line] == arguments


def test_the_digest_is_that_of_the_file(tmp_path):
    from hashlib import sha256

    path = tmp_path / "m.expr"
    path.write_bytes(b"\xef\xbb\xbfy = a\r\n")
    digest = sha256(path.read_bytes()).hexdigest()
    assert digest == graphc.load(path).SOURCE_SHA256


# --- the self-check -----------------------------------------------------------------------


def spoiled(text: str, product: str) -> str:
    """The text with the last number that a product returns made wrong."""
    function = next(n for n in ast.parse(text).body if getattr(n, "name", "") == product)
    last = function.body[-1].value
    while isinstance(last, ast.Tuple):
        last = last.elts[-1]
    lines = text.split("\n")
    lines[last.end_lineno - 1] = insert(lines[last.end_lineno - 1], last.end_col_offset, ")")
    lines[last.lineno - 1] = insert(lines[last.lineno - 1], last.col_offset, "-(")
    return "\n".join(lines)


def insert(line: str, at: int, what: str) -> str:
    return line[:at] + what + line[at:]


@pytest.mark.parametrize("product", PRODUCTS)
def test_self_check_finds_a_wrong_sign(product, tmp_path):
    text = graphc.compile(TEXT, products=("all",)).source
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(text)
    wrong.write_text(spoiled(text, product))
    assert run(right).returncode == 0
    done = run(wrong)
    assert done.returncode == 1, done.stdout + done.stderr
    bad = [line for line in done.stdout.split("\n") if re.search(r"error [1-9]\S*e[+]", line)]
    assert [line.split(":")[0] for line in bad] == [product]


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_module_of_one_product_checks_itself(product, tmp_path):
    path = tmp_path / "m.py"
    path.write_text(graphc.compile(TEXT, products=(product,)).source)
    done = run(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{product}: largest relative error")
    path.write_text(spoiled(path.read_text(), product))
    assert run(path).returncode == 1


def test_self_check_of_several_outputs_and_arrays(tmp_path):
    text = "x: input[3]\nu: data = 2\np = x[0] * x[1] ** 2 * u\nq = sin(x[2]) + x[0]"
    path = tmp_path / "m.py"
    source = graphc.compile(text, products=("all",), wrt=["x"]).source
    path.write_text(source)
    assert run(path).returncode == 0
    for product in ("jacobian", "value_and_jacobian", "jvp", "vjp"):
        path.write_text(spoiled(source, product))
        assert run(path).returncode == 1


def test_self_check_where_nothing_is_defined(tmp_path):
    """A model that no point suits has not been checked, and says so."""
    path = tmp_path / "m.py"
    path.write_text(graphc.compile("y = log(-1 - x * x)").source)
    done = run(path)
    assert done.returncode == 1
    assert "no point" in done.stdout


def test_importing_checks_nothing(tmp_path):
    path = tmp_path / "m.py"
    path.write_text(graphc.compile(TEXT).source)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import m; print(m.__all__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("('INPUTS', 'OUTPUTS', 'SOURCE_SHA256', 'value'")
    assert done.stderr == ""


# --- size ---------------------------------------------------------------------------------


def chain(length: int) -> str:
    """A model whose every line needs the one before it."""
    lines = ["v0 = a * b"]
    lines += [f"s{k} = sin(s{k - 1}) * a + b" if k > 1 else "s1 = v0 + a" for k in range(1, length)]
    return "\n".join(lines) + "\n"


def test_long_functions_are_cut(monkeypatch):
    """Cut into pieces or not, the same operations in the same order: the same bits."""
    text = chain(120)
    whole = graphc.compile(text, products=("all",))
    assert "_value_1(" not in whole.source
    monkeypatch.setattr(module_writer, "MAX_STATEMENTS", 25)
    cut = graphc.compile(text, products=("all",))
    assert "_value_1(" in cut.source
    random = Random(3)
    for name in ("value", "grad", "value_and_grad", "jacobian", "jvp", "vjp"):
        arguments = [random.uniform(0.5, 1.5) for _ in whole.INPUTS]
        arguments += {"jvp": [0.3, -0.7], "vjp": [1.5]}.get(name, [])
        assert getattr(cut, name)(*arguments) == getattr(whole, name)(*arguments)


def test_above_the_limit_functions_are_cut():
    model = graphc.compile(chain(5_300), products=("value", "value_and_grad"))
    assert "def _value_1(" in model.source
    assert "def _value_and_grad_1(" in model.source
    value, slopes = model.value_and_grad(0.4, 0.3)
    assert model.value(0.4, 0.3) == value
    h = 1e-6
    difference = (model.value(0.4 + h, 0.3) - model.value(0.4 - h, 0.3)) / (2 * h)
    assert slopes[0] == pytest.approx(difference, rel=1e-8)
    longest = max(len(f.body) for f in ast.parse(model.source).body if hasattr(f, "args"))
    assert longest < 2.2 * module_writer.MAX_STATEMENTS


def test_a_sum_of_20_000_terms():
    """CPython's own parser refuses 3,000 terms in one expression."""
    terms = [f"{k % 7 + 1} * x{k % 50}" for k in range(20_000)]
    model = graphc.compile(f"y = {' + '.join(terms)}", products=("value", "grad"))
    point = [0.01 * k for k in range(50)]
    wanted = sum((k % 7 + 1) * point[k % 50] for k in range(20_000))
    assert model.value(*point) == pytest.approx(wanted, rel=1e-12)
    assert model.grad(*point)[3] == sum(k % 7 + 1 for k in range(3, 20_000, 50))


# --- the user's text cannot become code ---------------------------------------------------

DOCSTRINGS = [
    "three \\\"\\\"\\\" quotes",
    "ends with a quote \\\"",
    "back\\slash, \\N{LATIN SMALL LETTER A}, \\x41, \\u0041, \\",
    "'''single''' and \\0 and \\777",
    "a tab\t, an é, a 速度, a \U0001f600",
    "{braces} %s {0} {name!r}",
    "first line\n    indented\n\nlast line   ",
    "\u202eright to left\u202c and \x0c form feed",
    "    ",
    "#!/usr/bin/python",
]  # fmt: skip


@pytest.mark.parametrize("doc", DOCSTRINGS)
def test_docstrings_are_text(doc, tmp_path):
    """Whatever a docstring holds stays within the docstring, and reads the same."""
    for quote in ('"""', "'''"):
        if quote in doc or doc.endswith(("\\", quote[0])):
            continue
        model = graphc.compile(f"{quote}{doc}{quote}\ny = a\n", products=("value",))
        tree = ast.parse(model.source)
        assert isinstance(tree.body[0].value, ast.Constant)
        assert [type(n).__name__ for n in tree.body[1:2]] == ["ImportFrom"]
        assert model.value(2.0) == 2.0
        if doc.strip() and doc.isprintable():
            assert doc.strip() in model.__doc__


def test_raw_text_survives():
    text = r'"""A \" quote, a \\ backslash, \N{BULLET}, and a \" at the end\""""' + "\ny = a\n"
    model = graphc.compile(text, products=("value",))
    assert model.value(2.0) == 2.0
    assert r"\N{BULLET}" in model.__doc__


@pytest.mark.parametrize(
    "name",
    [
        'quote".expr',
        "three\"\"\"quotes'''.expr",
        "new\nline.expr",
        "import os\nos.abort()\n.expr",
        "back\\slash\\N{x}.expr",
        "tab\t.expr",
        "速度 \U0001f600.expr",
        "..expr",
        "<angle>.expr",
        "per%cent {brace}.expr",
    ],
)
def test_file_names_are_text(name, tmp_path):
    path = tmp_path / name
    path.write_text("y = a * 2\n", encoding="utf-8")
    model = graphc.load(path, products=("all",))
    tree = ast.parse(model.source)
    assert isinstance(tree.body[0].value, ast.Constant)
    assert all(
        not isinstance(node, ast.Import) or node.names[0].name == "sys" for node in tree.body
    )
    assert model.grad(3.0) == 2.0


def test_comments_and_formulas_are_text():
    text = 'y = a  # """ \\N{x} \\\nz = y * 2  # import os; os.abort() """\n'
    model = graphc.compile(text, products=("all",))
    assert model.value(3.0) == 6.0
    assert isinstance(ast.parse(model.source).body[0].value, ast.Constant)


# --- names --------------------------------------------------------------------------------

POOL = """
v1 v2 v3 v10 x_dot x_bar out_bar out_dot in_1 in_1_dot de_da dout_din_1 dout_darr_0 doffset_din_1
math sys annotations Sequence Any Random INPUTS OUTPUTS SOURCE_SHA256 value grad jacobian jvp vjp
value_and_grad value_and_jacobian sin cos exp log sqrt gamma lgamma floor hypot cbrt sigmoid
softplus digamma inf nan e pi tau p d a q unit flat dot along distance derivatives centre active
random worst points attempt spread error pack main model self cls match case soft true none
ArithmeticError ValueError SystemExit RuntimeError NotImplemented Ellipsis
"""
TEMPLATE = """
{0}: input
{1}: input[2]
{2}: data = 2
{3} = sin({0}) * gamma({1}[0]) + log({2})
{4} = cbrt({3}) * sigmoid({1}[1]) if {0} > 0 else sqrt({1}[0]) * cos({3})
{5}: output = hypot({3}, {4}) + exp({0}) + softplus({4})
{6}: output = lgamma({1}[0] + {4} ** 2) * floor({0} + 5)
"""


def test_names_do_not_matter(tmp_path):
    """Whatever the user's names are, the numbers are the same, and so is the self-check."""
    random = Random(5)
    plain = graphc.compile(TEMPLATE.format(*[f"n{k}" for k in range(7)]), products=("all",))
    for attempt in range(40):
        names = random.sample(POOL.split(), 7)
        model = graphc.compile(TEMPLATE.format(*names), products=("all",))
        for x in (0.7, -0.4):
            arguments = [x, [1.2, 0.8], 3.0]
            for product in filter(str.islower, plain.__all__):
                more = {"jvp": [0.3, [1.5, -0.5]], "vjp": [0.6, -0.2]}.get(product, [])
                more += [0.6, [-0.2]] if product == "lagrangian_hessian" else []
                wanted = getattr(plain, product)(*arguments, *more)
                assert getattr(model, product)(*arguments, *more) == wanted, names
        if attempt < 3:
            path = tmp_path / f"m{attempt}.py"
            path.write_text(model.source)
            assert run(path).returncode == 0, names


# --- looks -------------------------------------------------------------------------------


def ruff(*arguments: str) -> subprocess.CompletedProcess:
    beside = Path(sys.executable).with_name("ruff")
    command = str(beside) if beside.exists() else shutil.which("ruff")
    if command is None:
        pytest.skip("ruff is not installed")
    return subprocess.run([command, *arguments], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_lines_are_short(path):
    """88 columns, but for lines that repeat the user's formulas and names in docstrings."""
    text = path.read_text(encoding="utf-8")
    repeated = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            repeated.update(range(node.lineno, node.end_lineno + 1))
    for number, line in enumerate(text.split("\n"), 1):
        assert len(line) <= 88 or number in repeated, (number, line)
        assert line == line.rstrip()


def test_ruff_format():
    """Code that the formatter would leave as it is."""
    done = ruff("format", "--isolated", "--diff", "--line-length", "88", *map(str, GOLDEN))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def test_ruff_check():
    options = ["--isolated", "--line-length", "88", "--target-version", "py38"]
    rules = ["--select", "E,F,I,W,B,UP", "--ignore", "E501"]  # line length: see above
    done = ruff("check", *options, *rules, *map(str, GOLDEN))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def test_cut_functions_with_branches(monkeypatch):
    """Names that only some branches set cross a cut too."""
    text = "a = exp(x)*exp(x) + 1 if x > 0 else 0\ns0 = y*y + a\n"
    text += "".join(f"s{i} = sin(s{i - 1})*s{i - 1} + y\n" for i in range(1, 40))
    text += "z = exp(x)*3 + s39 if x > 0 else s39\n"
    whole = graphc.compile(text, products=("all",))
    monkeypatch.setattr(module_writer, "MAX_STATEMENTS", 7)
    monkeypatch.setattr("graphc.codegen.split.split.__defaults__", (7,))
    cut = graphc.compile(text, products=("all",))
    assert "def _vjp_2(" in cut.source
    for x in (-1.0, 1.0):
        assert cut.value_and_grad(x, 0.5) == whole.value_and_grad(x, 0.5)
        assert cut.vjp(x, 0.5, 2.0) == whole.vjp(x, 0.5, 2.0)


def test_results_that_only_branches_set_survive_a_cut(monkeypatch):
    text = "s0 = x*y\n" + "".join(f"s{i} = sin(s{i - 1})*s{i - 1} + y\n" for i in range(1, 12))
    text += "z = exp(s11)*exp(s11)*s11 + sin(s11)*sin(s11)*cos(exp(s11)*s3) if x > 0 else s11*s10\n"
    whole = graphc.compile(text, products=("value",))
    monkeypatch.setattr("graphc.codegen.split.split.__defaults__", (5,))
    monkeypatch.setattr(module_writer, "MAX_STATEMENTS", 5)
    cut = graphc.compile(text, products=("value",))
    assert "def _value_2(" in cut.source
    assert cut.value(0.5, 0.3) == whole.value(0.5, 0.3) != 0
    assert cut.value(-0.5, 0.3) == whole.value(-0.5, 0.3) != 0
