"""What the program writes for an admin's own tools: manual pages, help texts, completion, a configuration to begin with."""

import re
import shutil
import subprocess

import pytest

from harness.daemon import program

# zsh's own functions choose among what they are given: here they show it.
ZSH = """_describe() { print -rl -- $commands }
_arguments() { print -rl -- "$@" }
words=(closedrelay ${=2}); CURRENT=$#words; source $1"""


def printed(*words):
    return subprocess.run([program(), *words], capture_output=True, text=True, check=True).stdout


def commands():
    return re.findall(r"^  ([a-z]+) ", printed("--help").partition("Commands:")[2], re.MULTILINE)


def test_help_texts_fit_a_terminal_of_80_columns():
    for words in [[], *([command] for command in commands())]:
        wide = [line for line in printed(*words, "--help").splitlines() if len(line) > 80]
        assert not wide, words


def test_each_command_has_a_page_that_mandoc_finds_nothing_in(tmp_path):
    printed("--man-pages", str(tmp_path))
    pages = {path.name for path in tmp_path.iterdir()}
    assert pages == {"closedrelay.yaml.5"} | {f"closedrelay-{command}.8" for command in commands()}
    for name in pages:
        found = subprocess.run(["mandoc", "-Tlint", "-Wwarning", tmp_path / name], capture_output=True, text=True, check=False)
        assert found.stdout + found.stderr == "", name
    shown = subprocess.run(["mandoc", "-Tutf8", tmp_path / "closedrelay.yaml.5"], capture_output=True, text=True, check=True).stdout
    shown = re.sub(".\b", "", shown)
    assert "10891@127.0.0.1" in shown and "socketmap:inet:HOST:PORT:NAME" in shown


def test_the_sample_is_right_and_so_is_every_line_taken_in(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "domains").write_text("example.com\n")
    sample = printed("check", "--sample").replace("/etc/closedrelay", str(tmp_path))
    head, _, keys = sample.partition("# ---- all keys")
    whole = re.sub(r"^#(?! )", "", "#" + keys, flags=re.MULTILINE).lstrip("#")
    (tmp_path / "sample.yaml").write_text(sample)
    (tmp_path / "whole.yaml").write_text("#" + whole)
    (tmp_path / "empty.yaml").write_text("")
    assert "no errors" in printed("check", "-c", str(tmp_path / "sample.yaml"))
    assert "no errors" in printed("check", "-c", str(tmp_path / "whole.yaml"))
    assert "mode: monitor" in head
    values = {name: [line.partition("#")[0].rstrip() for line in printed("check", "--print", *option).splitlines()]
              for name, option in (("whole", ["-c", str(tmp_path / "whole.yaml")]), ("empty", ["-c", str(tmp_path / "empty.yaml")]))}
    assert values["whole"] == values["empty"]


@pytest.mark.parametrize("typed, wanted, unwanted", [("exp", "explain", "report"), ("explain --mas", "--masked", "--since")])
def test_completion_in_the_shells(tmp_path, typed, wanted, unwanted):
    for shell in ("bash", "zsh", "fish"):
        (tmp_path / shell).write_text(printed("--completion", shell))
    words = ["closedrelay", *typed.split()]
    in_shell = {
        "bash": ["bash", "-c", f"source {tmp_path}/bash; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
                               "_closedrelay; echo \"${COMPREPLY[@]}\""],
        "fish": ["fish", "--no-config", "-c", f"source {tmp_path}/fish; complete -C '{' '.join(words)}'"],
        "zsh": ["zsh", "-f", "-c", ZSH, "zsh", str(tmp_path / "zsh"), typed],
    }
    for shell, command in in_shell.items():
        if shutil.which(shell) is None:
            continue
        shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path).stdout
        assert wanted in shown, (shell, shown)
        assert shell == "zsh" or unwanted not in shown, (shell, shown)
