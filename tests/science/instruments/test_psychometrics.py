"""Reliability, distribution and item bias of a table of answers, on made and on real ones."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from heartsease.science.course.reliable import reliable_change_index
from heartsease.science.errors import CannotEvaluate
from heartsease.science.instruments import load
from heartsease.science.instruments.answers import columns_of
from heartsease.science.instruments.dif import delta_r2, fitted
from heartsease.science.instruments.model import GroupColumn, KnownColumns
from heartsease.science.instruments.psychometrics import alpha, evaluate_instrument

PEOPLE = 1500
ALPHAS = {"2011-2012": 0.852, "2013-2014": 0.841, "2015-2016": 0.831}
MEANS = {"2011-2012": 3.16, "2013-2014": 3.31, "2015-2016": 3.24}
COMPLETE = {"2011-2012": 4925, "2013-2014": 5372, "2015-2016": 5134}
CASES = {"2011-2012": 440, "2013-2014": 511, "2015-2016": 415}


def answers(seed: int = 1, people: int = PEOPLE, items: int = 9) -> np.ndarray:
    """Answers that one trait and noise of their own lead to, 0 to 3."""
    rng = np.random.default_rng(seed)
    depth = rng.normal(size=(people, 1)) + rng.normal(size=(people, items))
    return np.digitize(depth, [0.5, 1.3, 2.0])


def frame(values: np.ndarray, name: str = "item{}") -> pl.DataFrame:
    return pl.DataFrame(
        {name.format(place + 1): values[:, place] for place in range(values.shape[1])}
    )


@cache
def grouped() -> dict:
    """Two groupings: one without any bias, one whose members answer item 4 higher."""
    values, rng = answers(2), np.random.default_rng(3)
    biased = rng.random(PEOPLE) < 0.4
    values[biased, 3] = np.minimum(values[biased, 3] + 1, 3)
    table = frame(values).with_columns(
        group_plain=pl.Series(np.where(rng.random(PEOPLE) < 0.5, "a", "b")),
        group_biased=pl.Series(np.where(biased, "x", "y")),
        group_rare=pl.Series(np.where(np.arange(PEOPLE) < 20, "few", "many")),
        weight=pl.Series(np.where(biased, 3.0, 1.0)),
    )
    return evaluate_instrument(table, "phq9")


def test_alpha_of_items_that_are_the_same_is_one_and_of_unrelated_ones_is_nothing():
    one = np.random.default_rng(4).normal(size=(4000, 1))
    assert alpha(np.repeat(one, 5, axis=1)) == pytest.approx(1)
    assert abs(alpha(np.random.default_rng(5).normal(size=(4000, 5)))) < 0.1


def test_alpha_of_parallel_items_is_that_of_spearman_and_brown():
    """Items that correlate by 1/2: alpha is k r / (1 + (k - 1) r)."""
    rng = np.random.default_rng(6)
    items = rng.normal(size=(60_000, 1)) + rng.normal(size=(60_000, 9))
    assert alpha(items) == pytest.approx(9 * 0.5 / (1 + 8 * 0.5), abs=0.005)


def test_alpha_with_weights_is_alpha_of_people_counted_so_often():
    items = answers(7, 60).astype(float)
    often = np.random.default_rng(8).integers(1, 4, 60)
    assert alpha(items, often.astype(float)) == pytest.approx(
        alpha(np.repeat(items, often, axis=0)), abs=1e-9
    )


def test_the_report_carries_the_names_that_anybodys_script_reads():
    found = grouped()
    names = {"instrument", "n", "alpha", "mean", "sd", "share_caseness", "dif"}
    assert names <= set(found)
    for name in ("alpha", "mean", "sd", "share_caseness"):
        low, high = found[f"{name}_ci"]
        assert low < found[name] < high


def test_figures_are_those_of_the_totals():
    values = answers(9)
    found = evaluate_instrument(frame(values), "phq9")
    total = values.sum(axis=1)
    assert found["n"] == PEOPLE
    assert found["mean"] == pytest.approx(total.mean())
    assert found["sd"] == pytest.approx(total.std(ddof=1))
    assert found["share_caseness"] == pytest.approx((total >= 10).mean())
    assert found["alpha"] == pytest.approx(alpha(values.astype(float)))
    assert found["dif"] == {}
    assert "weighted" not in found


def test_weighted_figures_stand_beside_the_plain_ones():
    found = grouped()
    assert found["weighted"]["mean"] > found["mean"]
    assert "alpha" not in found["weighted"]
    low, high = found["weighted"]["share_caseness_ci"]
    assert low < found["weighted"]["share_caseness"] < high


def test_item_bias_is_found_where_it_was_put_and_nowhere_else():
    found = grouped()
    assert found["dif"]["biased"] > 0.035
    assert found["dif_item"]["biased"] == 4
    assert found["dif"]["plain"] < 0.02
    low, high = found["dif_ci"]["biased"]
    assert low < found["dif"]["biased"] < high


def test_groups_with_few_people_are_left_out_and_counted():
    found = grouped()
    assert found["dif"]["rare"] is None
    assert found["dif_left_out"] == {"rare": {"few": 20}}


def test_the_ordinal_model_finds_the_likelihood_that_a_table_of_two_by_two_has():
    counts = np.array([[30.0, 10.0], [15.0, 45.0]])
    shares = counts / counts.sum(axis=1, keepdims=True)
    assert fitted(np.array([[0.0], [1.0]]), counts) == pytest.approx(
        float((counts * np.log(shares)).sum()), abs=1e-4
    )


def test_the_ordinal_model_finds_what_a_general_optimiser_finds():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(10)
    predictors = rng.normal(size=(60, 2))
    counts = rng.integers(1, 9, size=(60, 4)).astype(float)

    def loss(values: np.ndarray) -> float:
        cuts = np.concatenate([values[:1], values[:1] + np.cumsum(np.exp(values[1:3]))])
        chance = 1 / (1 + np.exp(-(cuts - (predictors @ values[3:])[:, None])))
        ends = np.zeros((60, 1))
        each = np.diff(np.concatenate([ends, chance, ends + 1], axis=1), axis=1)
        return -float((counts * np.log(each)).sum())

    best = optimize.minimize(loss, np.zeros(5), method="BFGS")
    assert fitted(predictors, counts) == pytest.approx(-best.fun, abs=1e-3)


def test_bias_that_grows_with_the_score_counts_too():
    rng = np.random.default_rng(11)
    ability, group = rng.normal(size=4000), np.arange(4000) % 2
    values = (ability[:, None] + rng.logistic(size=(4000, 9)) > 0).astype(int)
    steep = ability * np.where(group, 3.0, 0.0) + rng.logistic(size=4000) > 0
    values[:, 0] = steep
    assert delta_r2(values[:, 0], values.sum(axis=1), group) > 0.035


def test_an_item_that_everybody_answers_alike_has_no_bias():
    score, group = np.arange(50) % 5, np.arange(50) % 2
    assert delta_r2(np.ones(50, dtype=int), score, group) == 0


@pytest.mark.parametrize("name", ["item{}", "Item_{}", "phq9_{}", "PHQ9{}", "ITEM{}"])
def test_columns_may_be_called_by_item_or_by_questionnaire(name: str):
    found = evaluate_instrument(frame(answers(12, 60), name), "phq9")
    assert found["n"] == 60


def test_columns_called_otherwise_are_named_by_the_caller():
    columns = KnownColumns(
        source="the ward's table",
        items=tuple(f"q{number}" for number in range(1, 8)),
        missing_codes=(-9,),
        weight=None,
        groups=(GroupColumn("age", "years", (40,)),),
    )
    values = answers(13, 400, 7)
    values[0, 0] = -9
    table = frame(values, "q{}").with_columns(years=pl.Series(np.arange(400) % 80))
    found = evaluate_instrument(table, "gad7", columns=columns)
    assert (found["n"], found["missing_codes"], found["columns"]) == (399, 1, "the ward's table")
    assert found["dif"]["age"] < 0.05
    with pytest.raises(CannotEvaluate, match="no column q1"):
        evaluate_instrument(table.drop("q1"), "gad7", columns=columns)


def test_a_table_without_answers_is_told_which_columns_would_do():
    with pytest.raises(CannotEvaluate, match=r"item1 to item9.*phq9_1.*NHANES"):
        evaluate_instrument(frame(answers(14, 40, 7)), "phq9")


def test_codes_for_a_missing_answer_are_counted_only_where_the_data_set_has_them():
    values = answers(15, 200)
    values[3, 2], values[4, 2], values[5, 8] = 7, 9, 9
    with pytest.raises(CannotEvaluate, match=r"Row 4: item3 is 7, not one of 0, 1, 2, 3"):
        evaluate_instrument(frame(values), "phq9")
    names = dict(zip(frame(values).columns, load("phq9").known_columns[0].items, strict=True))
    found = evaluate_instrument(frame(values).rename(names), "phq9")
    assert (found["n"], found["rows"], found["missing_codes"]) == (197, 200, 3)


def test_rows_with_a_missing_answer_are_left_out():
    table = frame(answers(16, 100)).with_columns(
        item2=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise(pl.col("item2"))
    )
    assert evaluate_instrument(table, "phq9")["n"] == 90


@pytest.mark.parametrize(
    ("table", "instrument", "words"),
    [
        (frame(answers(17, 29)), "phq9", "29 people have all answers; 30"),
        (frame(answers(17, 40)), "bdi", "No questionnaire"),
        (frame(answers(17, 40)).with_columns(item1=pl.lit("often")), "phq9", "'often'"),
        (frame(answers(17, 40)).with_columns(weight=pl.lit(-1.0)), "phq9", "below 0"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_by_what_is_wrong(table, instrument, words):
    with pytest.raises(CannotEvaluate, match=words):
        evaluate_instrument(table, instrument)


def test_groups_of_a_public_data_set_that_a_file_lacks_are_left_out():
    names = load("phq9").known_columns[0].items
    table = frame(answers(18, 40)).rename(dict(zip(frame(answers()).columns, names, strict=True)))
    found = columns_of(table.with_columns(RIAGENDR=pl.lit(1.0)), load("phq9"))
    assert [group.name for group in found.groups] == ["sex"]
    assert found.weight is None


@pytest.mark.parametrize("years", ALPHAS)
def test_on_nhanes_the_figures_are_those_that_others_have_computed(shared, years: str):
    path = shared / "nhanes_phq9_2011_2018" / f"nhanes_phq9_{years}.csv.gz"
    table = pl.read_csv(path, infer_schema_length=10_000).drop(
        "RIAGENDR", "RIDAGEYR", "RIDRETH3", "SIALANG"
    )
    found = evaluate_instrument(table, "phq9")
    assert found["n"] == COMPLETE[years]
    assert found["alpha"] == pytest.approx(ALPHAS[years], abs=0.0006)
    assert found["mean"] == pytest.approx(MEANS[years], abs=0.006)
    assert found["share_caseness"] * found["n"] == pytest.approx(CASES[years])
    assert reliable_change_index(found["sd"], found["alpha"]) == pytest.approx(4.8, abs=0.1)
