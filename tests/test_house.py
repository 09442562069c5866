"""The rules of the house that a program can check."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

import heartsease

ROOT = Path(__file__).parents[1]
PACKAGE = Path(heartsease.__file__).parent
MODULES = sorted(
    path
    for folder in (PACKAGE, ROOT / "tests", ROOT / "bench")
    for path in folder.rglob("*.py")
    if "migrations" not in path.parts
)
APPS = ("people", "consent", "watch", "care/plans")
APPS += ("capture/measures", "capture/journal", "capture/streams")


def tracked() -> list[Path]:
    """Every file of the repository that is text."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    binary = {".gz", ".png", ".svg", ".npz", ".onnx", ".parquet"}
    return [ROOT / name for name in names if Path(name).suffix not in binary]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_one_idea_told_by_its_first_line_and_at_most_400_lines(path: Path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    if path.name != "__init__.py" or text.strip():
        assert ast.get_docstring(ast.parse(text)), "the first line tells the idea"


def test_styles_and_scripts_stay_short_too():
    for path in [*PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js")]:
        assert path.read_text("utf-8").count("\n") <= 500, path.name


def test_a_function_of_the_package_is_about_thirty_lines_and_never_fifty():
    """Its docstring does not count: what it says about shapes and errors may be long."""
    for path in MODULES:
        if PACKAGE not in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                begin = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
                length = (node.end_lineno or 0) - (begin or 0)
                assert length < 50, f"{path.relative_to(ROOT)}: {node.name} has {length} lines"


def test_lock_files_pin_with_hashes_and_name_no_index():
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--index-url|--extra-index|--find-links|file:", lock)
    pins = re.findall(r"^([a-z0-9][\w.\-]*)==\S+", lock, re.MULTILINE | re.IGNORECASE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)
    node = json.loads((ROOT / "package-lock.json").read_text())
    for name, package in node["packages"].items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name


def test_nothing_tracked_names_a_place_on_somebodys_machine():
    words = ("/" + "root/", "/" + "work/", "/" + "home/", "file:" + "///", "/opt/" + "pypi")
    for path in tracked():
        text = path.read_text("utf-8", errors="replace")
        for word in words:
            assert word not in text, f"{path.relative_to(ROOT)} names {word}"


def test_no_third_party_style_or_script_is_kept_here():
    for path in tracked():
        assert "node_modules" not in path.parts
        if path.suffix in {".css", ".js"}:
            assert not path.name.endswith((".min.js", ".min.css")), path


def test_pages_read_through_queries_alone():
    """Views translate between HTTP and actions and queries; sessions are Django's own."""
    for part in ("web", "api"):
        for path in (PACKAGE / part).rglob("*.py"):
            lines = path.read_text().splitlines()
            found = [one.strip() for one in lines if ".objects" in one and "Session." not in one]
            assert not found, f"{path.relative_to(PACKAGE)}: {found}"


def test_only_actions_write():
    """`save`, `create` and their like appear in actions, the foundation and where samples unite."""
    allowed = {"actions.py", "daybook.py", "draft.py", "models.py", "outcome.py"}
    writes = re.compile(r"\.(save|bulk_create|bulk_update|create|get_or_create|delete|update)\(")
    exceptions = {"site/demo.py"}
    for path in MODULES:
        if PACKAGE not in path.parents or path.name in allowed or path.parent.name == "actions":
            continue
        inner = path.relative_to(PACKAGE)
        if inner.parts[0] in {"base", "science"} or str(inner) in exceptions:
            continue
        found = [line.strip() for line in path.read_text().splitlines() if writes.search(line)]
        found = [line for line in found if "reset.save" not in line and "bar.update" not in line]
        assert not found, f"{inner}: {found}"


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_models_actions_and_queries(app: str):
    for part in ("models.py", "actions.py", "queries.py"):
        package = PACKAGE / app / part.removesuffix(".py") / "__init__.py"
        assert (PACKAGE / app / part).exists() or package.exists()


def test_links_of_the_docs_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            if not target.startswith(("http", "mailto")):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_path_the_tour_names_is_there():
    text = (ROOT / "docs" / "tour.md").read_text("utf-8")
    for name in re.findall(r"`([a-z_]+/[a-z_/.*0-9-]*)`", text):
        where = [PACKAGE / name, ROOT / name, ROOT / "src" / name]
        assert any(
            list(one.parent.glob(one.name)) if "*" in one.name else one.exists() for one in where
        ), name


def test_no_word_of_the_pages_shouts_or_blames():
    banned = re.compile(r"You missed|streak|badge earned|Oops|Congratulations|Great job|Well done")
    for path in (PACKAGE / "web" / "templates").rglob("*.html"):
        text = re.sub(r"<[^>]*>|{%.*?%}|{{.*?}}|{#.*?#}", " ", path.read_text("utf-8"))
        assert not banned.search(text), path.name
        assert "!" not in text.replace("<!DOCTYPE", ""), path.name
