"""Everything the README shows is run."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import graphc
from graphc.errors import Source
from graphc.model import generate_source, read_program

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def run(command: str, folder: Path, text: str = "") -> str:
    words = command.split()
    program = [sys.executable] if words[0] == "python" else [sys.executable, "-m", "graphc"]
    done = subprocess.run(
        [*program, *words[1:]], input=text, capture_output=True, text=True, cwd=folder
    )
    return done.stdout + done.stderr


def test_python_examples_run() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert result.attempted >= 22
    assert result.failed == 0


def test_function_shown_is_the_function_generated() -> None:
    shown = re.search(r"```python\n(def value_and_grad.*?)```", README, re.DOTALL)
    assert shown
    source = (ROOT / "examples" / "quickstart.expr").read_bytes()
    from graphc.language.lexer import decode

    program = read_program(decode(source, "quickstart.expr"))
    generated = generate_source(program, products=["value_and_grad"])
    body = re.sub(r'    """.*?"""\n', "", generated.split("\n\n\n")[1], flags=re.DOTALL)
    assert re.sub(r"  # line \d+", "", body).strip() == shown[1].strip()


def test_self_check_prints_what_is_shown(tmp_path: Path) -> None:
    run(f"graphc compile {ROOT}/examples/quickstart.expr -o quickstart_grad.py", tmp_path)
    shown = README.split("$ python quickstart_grad.py\n")[1].split("```")[0]
    found = run("python quickstart_grad.py", tmp_path)
    digits = r"\d\.\de-\d+"
    assert re.sub(digits, "E", found) == re.sub(digits, "E", shown)


def test_output_shown_is_what_is_printed(update_golden: bool) -> None:
    shown = re.findall(r"```text\n\$ (graphc .*)\n((?:(?!```).*\n)+)```", README)
    printed = [(command, text, run(command, ROOT)) for command, text in shown]
    assert len(printed) >= 3
    if update_golden:
        new = README
        for command, text, found in printed:
            new = new.replace(f"$ {command}\n{text}```", f"$ {command}\n{found}```")
        (ROOT / "README.md").write_text(new)
        return
    for command, text, found in printed:
        assert found == text, f"{command}: run pytest --update-golden"


def test_diagnostic_shown_is_the_one_printed() -> None:
    shown = re.search(r'\$ echo "(.*)" \| (graphc .*)\n((?:.*\n)*?)```', README)
    assert shown
    assert run(shown[2], ROOT, shown[1] + "\n") == shown[3]


def test_friction_file_compiles() -> None:
    shown = re.search(r'```python\n("""A block.*?)```', README, re.DOTALL)
    assert shown
    model = graphc.compile(shown[1])
    assert model.INPUTS == ("v", "mu", "width")
    assert model.grad(0.5, 0.3, 0.01)[1] == -1.0


def test_every_command_is_listed() -> None:
    from graphc.cli import commands

    for name in commands.commands:
        assert f"graphc {name}" in README


def test_every_product_is_listed() -> None:
    from graphc.derive.products import check_products

    program = read_program(Source("y = a*b"))
    for name in check_products(program, "all"):
        assert f"`{name}`" in README


def test_limits_are_those_of_the_code() -> None:
    from graphc.derive import choose, results, search, twice
    from graphc.language.elaborate import MAX_OPERATIONS

    limits = README.split("\nLimits: ")[1].split("\n\n")[0]
    known = (MAX_OPERATIONS, choose.LARGE, search.LARGE, twice.LARGE, results.MAX_ENTRIES)
    for limit in known:
        assert re.search(rf"\b{limit:,}\b", limits)
