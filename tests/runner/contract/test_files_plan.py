"""The plan of a batch's config files: templates, what is written down, what is rendered."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.contract.files_plan import FilesError, FilesPlan, FileTemplate, variables_of

PATH = "/app/config/database.ini"


def plan(text: str, owner: tuple[int, int] | None = None) -> FilesPlan:
    return FilesPlan((FileTemplate(PATH, "files-1", "database.ini", text),), owner)


def rendered(text: str, **variables: str) -> str:
    (file,) = plan(text).render(variables)
    return file.content.decode()


def test_a_name_becomes_its_value_and_two_dollar_signs_become_one() -> None:
    assert rendered("a=${A} b=${B_2}${A} $$5 $${A} $$$$", A="1", B_2="") == "a=1 b=1 $5 ${A} $$"


def test_a_value_is_put_in_as_it_is() -> None:
    odd = "${B} $$ \\1 \\g<name> %(x)s 'é\"\r\n"

    assert rendered("[${A}]", A=odd) == f"[{odd}]"


@pytest.mark.parametrize(
    "legacy",
    [
        "production:\n  adapter: mysql2\n  host: <%= ENV['HOST'] %>\n  pool: 5 # it's 100%\n",
        "[client]\nuser=%(user)s\npath=~/x\\y\n; a comment\n",
        '{"a": [1, {"b": null}], "c": "{{ mustache }}"}\n',
        "<config attr='x'>&amp; <![CDATA[ @x@ ]]></config>\r\n",
        "log4j.rootLogger=INFO, A1\n!x\n#{ruby}\n`cmd`\n",
    ],
)
def test_other_syntaxes_are_left_alone(legacy: str) -> None:
    assert rendered(legacy) == legacy


@given(st.text(), st.dictionaries(st.sampled_from(["A", "B_1"]), st.text(alphabet=st.characters(codec="utf-8"))))
def test_it_is_what_pythons_own_templates_come_to(text: str, values: dict[str, str]) -> None:
    values = {"A": "", "B_1": "", **values}
    template = text.replace("$", "$$").replace("A", "${A}").replace("B", "${B_1}")
    template = template.encode("utf-8", "replace").decode()

    assert rendered(template, **values) == string.Template(template).substitute(values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nb $HOST c", "line 2: '$HOST c' is not ${NAME}; write $$ for a dollar sign"),
        ("$", "line 1: '$' is not ${NAME}"),
        ("x $$$", "line 1: '$' is not ${NAME}"),
        ("\n\n${a b}\nsecond", "line 3: '${a b}' is not ${NAME}"),
        ("${1A}", "line 1: '${1A}' is not ${NAME}"),
        ("${HOST:-db.example.com/and/more}", "line 1: '${HOST:-db.example.c' is not ${NAME}"),
        ("${Ä}", "line 1: '${Ä}' is not ${NAME}"),
    ],
)
def test_a_dollar_sign_that_means_nothing_is_no_guess(text: str, message: str) -> None:
    with pytest.raises(FilesError) as error:
        variables_of(text)
    assert str(error.value).startswith(message)


def test_all_variables_without_a_value_are_named_with_their_files_and_no_value_is_shown() -> None:
    files = (*plan("${A} ${B} ${C} ${B}").files, FileTemplate("/app/x", "files-2", "x", "${C}"))

    with pytest.raises(FilesError) as error:
        FilesPlan(files).render({"A": "correct-horse"})
    assert str(error.value) == (
        f"{PATH} cannot be rendered: B has no value; {PATH} cannot be rendered: C has no value; "
        "/app/x cannot be rendered: C has no value"
    )


def test_only_the_owner_may_read_a_file_whose_owner_is_known() -> None:
    (known,), (unknown,) = plan("x", (1000, 1001)).render({}), plan("x").render({})

    assert (known.mode, known.owner) == (0o400, (1000, 1001))
    assert (unknown.mode, unknown.owner) == (0o444, (0, 0))


@given(
    st.text(alphabet=st.characters(codec="utf-8")), st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535))
)
def test_what_is_written_down_reads_the_same(text: str, owner: tuple[int, int] | None) -> None:
    written = plan(text, owner)

    assert FilesPlan.from_json(written.to_json()) == written
    assert written.to_json().isascii()
    assert "$" not in written.to_json()


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"files":[],"owner":[1]}', '{"files":[["a"]],"owner":null}', '{"files":3,"owner":null}'],
)
def test_what_is_no_plan_is_an_error(text: str) -> None:
    with pytest.raises(FilesError, match="BATCHWRIGHT_FILES cannot be read"):
        FilesPlan.from_json(text)


def test_the_folder_of_a_volume_is_the_files_path_without_what_is_inside() -> None:
    deep = FileTemplate("/app/config/env/a.ini", "files-1", "env/a.ini", "")

    assert FilesPlan((deep,)).folders == {"files-1": "/app/config"}
    assert json.loads(FilesPlan((deep,)).to_json())["files"] == [["/app/config/env/a.ini", "files-1", "env/a.ini", ""]]
