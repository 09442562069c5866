"""Every questionnaire on file is whole: bands, codes, licence; a broken one is refused."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartsease.science import instruments
from heartsease.science.instruments import INSTRUMENTS, InstrumentUnusable, load
from heartsease.science.instruments.library import is_loinc, read

EVERY = pytest.mark.parametrize("name", INSTRUMENTS)
DATA = files("heartsease.science.instruments") / "data"


def table(name: str = "phq9") -> dict:
    return tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))


def test_every_data_file_is_on_the_list_and_every_name_on_the_list_has_one():
    there = {path.name.removesuffix(".toml") for path in DATA.iterdir()}
    assert there == set(INSTRUMENTS)


def test_a_questionnaire_that_is_not_there_is_named():
    with pytest.raises(InstrumentUnusable, match="'bdi'"):
        load("bdi")


@EVERY
def test_the_identifier_is_the_name_of_the_file(name: str):
    assert load(name).id == name


@EVERY
def test_every_total_belongs_to_exactly_one_band(name: str):
    tool = load(name)
    for total in range(tool.lowest, tool.highest + 1):
        holding = [band for band in tool.bands if band.low <= total <= band.high]
        assert holding == [tool.band_of(total)]


@EVERY
@pytest.mark.parametrize("beyond", [-1, -0.5, 0.5, 1])
def test_a_total_outside_the_range_has_no_band(name: str, beyond: float):
    tool = load(name)
    total = tool.lowest + beyond if beyond < 0 else tool.highest + beyond
    with pytest.raises(ValueError, match="goes from"):
        tool.band_of(total)


@EVERY
def test_every_code_has_a_right_check_digit(name: str):
    row = table(name)
    codes = [row["loinc"]["panel"], row["loinc"]["total"]]
    codes += [item["loinc"] for item in row["items"]]
    assert all(is_loinc(code) for code in codes)
    assert len(set(codes)) == len(codes)


@EVERY
def test_the_licence_lets_the_text_ship_and_says_where_that_stands(name: str):
    licence = table(name)["licence"]
    assert licence["ship"] == "text"
    assert "No permission required" in licence["terms"]
    assert licence["source"].startswith("https://")
    assert licence["checked_on"].year >= 2026


@EVERY
def test_thresholds_lie_within_the_range_and_at_the_edge_of_a_band(name: str):
    tool = load(name)
    assert tool.lowest < tool.caseness <= tool.highest
    for threshold in (tool.reliable_change, tool.remission_below):
        assert threshold is None or tool.lowest < threshold < tool.highest
    if tool.remission_below is not None:
        assert tool.remission_below in {band.low for band in tool.bands}


@EVERY
def test_words_for_the_person_neither_shout_nor_blame(name: str):
    tool = load(name)
    for words in [band.meaning for band in tool.bands] + [tool.about]:
        assert "!" not in words
        assert "fault" not in words.lower()


def test_only_the_item_on_self_harm_is_a_safety_item():
    assert {name: load(name).safety_items for name in INSTRUMENTS} == {
        "phq9": (9,),
        "gad7": (),
        "phq4": (),
        "phq2": (),
    }


def test_short_forms_ask_the_same_questions_under_the_same_codes():
    phq9, gad7 = load("phq9").items, load("gad7").items
    texts = {item.loinc: item.text for item in phq9 + gad7}
    for short in ("phq2", "phq4"):
        for item in load(short).items:
            assert texts[item.loinc] == item.text


@given(number=st.integers(1, 99_999), wrong=st.integers(1, 9))
def test_one_check_digit_is_right_for_each_number(number: int, wrong: int):
    right = [digit for digit in range(10) if is_loinc(f"{number}-{digit}")]
    assert len(right) == 1
    assert not is_loinc(f"{number}-{(right[0] + wrong) % 10}")


@pytest.mark.parametrize("code", ["2160-0", "8480-6", "8867-4", "85354-9"])
def test_codes_in_wide_use_are_recognised(code: str):
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["", "44249", "44249-", "44249-12", "x44249-1", "LA-1"])
def test_what_is_no_code_is_not_taken_for_one(code: str):
    assert not is_loinc(code)


def broken(change) -> dict:
    row = table()
    change(row)
    return row


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: row["bands"][1].update(low=6), "begins at 6, not at 5"),
        (lambda row: row["bands"][1].update(low=4), "begins at 4, not at 5"),
        (lambda row: row["bands"][1].update(high=4), "begins at 5"),
        (lambda row: row["bands"].pop(), "bands end at 19"),
        (lambda row: row["items"][2].update(number=4), "numbered"),
        (lambda row: row.update(safety_items=[10]), "no item"),
        (lambda row: row.update(max_missing=2), "20 %"),
        (lambda row: row.update(caseness=28), "caseness"),
        (lambda row: row["loinc"].update(total="44261-7"), "44261-7 is not a LOINC code"),
        (lambda row: row["items"][0].update(loinc="44250-8"), "44250-8"),
        (lambda row: row["options"][1].update(value=0), "have the values"),
        (lambda row: row["columns"][0].update(items=["A"]), "names 1 columns for 9 items"),
    ],
)
def test_a_data_file_that_contradicts_itself_is_refused_by_what_contradicts(change, words: str):
    with pytest.raises(InstrumentUnusable, match=words):
        read(broken(change))


def test_a_data_file_as_it_stands_is_read():
    assert read(table()) == instruments.load("phq9")
