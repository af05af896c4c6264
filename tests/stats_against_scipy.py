#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the statistics of src/stats with scipy, numpy and plain counting.

usage: tests/stats_against_scipy.py STATS_LINES    (the program built from tests/stats_lines.c)
"""

import itertools
import math
import subprocess
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(20261122)
questions = []
checks = []  # (what, function of the numbers that came back)


def ask(what, line, check):
    questions.append(line)
    checks.append((what, check))


def near(got, want, relative=1e-9, absolute=1e-13):
    return math.isclose(got, want, rel_tol=relative, abs_tol=absolute)


def listed(values):
    return f"{len(values)} " + " ".join(repr(float(v)) for v in values)


# ---- distributions -------------------------------------------------------------------------------
for z in (-30, -8.2, -1.96, 0, 0.3, 2.5, 7):
    ask(f"normal {z}", f"normal {z}", lambda got, z=z: near(got[0], stats.norm.cdf(z), 1e-10, 0))
for p in (1e-12, 1e-4, 0.025, 0.5, 0.8, 0.999):
    ask(f"quantile {p}", f"quantile {p}", lambda got, p=p: near(got[0], stats.norm.ppf(p)))
for t, df in itertools.product((0, 0.1, 1.5, -4, 12, 80), (1, 2, 5, 17.5, 200)):
    ask(f"student {t} {df}", f"student {t} {df}",
        lambda got, t=t, df=df: near(got[0], 2 * stats.t.sf(abs(t), df), 1e-8, 1e-300))


# ---- Mann-Whitney and Hodges-Lehmann -------------------------------------------------------------
def enumerated_p(x, y):
    """Twice the smaller tail of the rank sum, by giving the values to the sides in every way."""
    ranks = stats.rankdata(np.concatenate([x, y]))
    chosen = itertools.combinations(range(len(ranks)), len(x))
    sums = np.array([sum(ranks[list(places)]) for places in chosen])
    seen = ranks[:len(x)].sum()
    return min(1, 2 * min(np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9)))


def u_rank(n, m, confidence):
    """The largest k with 2 P(U <= k - 1) <= 1 - confidence, from all rank sums of n of n + m."""
    counts = {0: {0: 1}}
    for rank in range(1, n + m + 1):
        for size in range(min(rank, n), 0, -1):
            for total, ways in counts.get(size - 1, {}).items():
                into = counts.setdefault(size, {})
                into[total + rank] = into.get(total + rank, 0) + ways
    least = n * (n + 1) // 2
    ways = [counts[n].get(least + u, 0) for u in range(n * m + 1)]
    everything, below = math.comb(n + m, n), 0
    for k, here in enumerate(ways):
        below += here
        if 2 * below > (1 - confidence) * everything:
            return k
    return len(ways)


def check_pair(x, y, confidence):
    n, m = len(x), len(y)
    differences = np.sort(np.subtract.outer(y, x).ravel())

    def check(got):
        p, estimate, low, high = got
        tied = len(set(x) | set(y)) < n + m
        if n + m > 50:
            want = stats.mannwhitneyu(x, y, method="asymptotic").pvalue
        elif not tied:
            want = stats.mannwhitneyu(x, y, method="exact").pvalue
        else:
            want = enumerated_p(x, y)
        fine = near(p, want) and near(estimate, np.median(differences))
        if n + m <= 50:
            k = u_rank(n, m, confidence)
            if k == 0:
                fine = fine and math.isnan(low) and math.isnan(high)
            else:
                fine = fine and near(low, differences[k - 1]) and near(high, differences[n * m - k])
        return fine

    return check


def pair(what, x, y, confidence=0.95):
    ask(what, f"pair {confidence} {listed(x)} {listed(y)}", check_pair(x, y, confidence))


for n, m in ((1, 1), (2, 3), (3, 3), (4, 4), (5, 5), (6, 6), (6, 11), (12, 12), (20, 25), (25, 25),
             (30, 40), (100, 7)):
    for shift in (0, 0.7, -3):
        pair(f"pair {n} {m} {shift}", rng.normal(size=n), rng.normal(size=m) + shift)
for n, m in ((3, 4), (5, 5), (6, 4), (7, 6)):
    for top in (1, 2, 4):
        pair(f"ties {n} {m} {top}", rng.integers(0, top, n).astype(float),
             rng.integers(0, top + 1, m).astype(float))
pair("ties of many", rng.integers(0, 5, 60).astype(float), rng.integers(0, 6, 50).astype(float))
pair("a wide range", np.array([1e-300, 1.0, 1e300, 5.0, 7.0, 2.0]), np.arange(6.0))


def check_serial(series):
    """Correlation of neighbouring ranks over all series, bias taken out, and what follows."""
    products = squares = damped = 0
    for x in series:
        ranks = stats.rankdata(x) - (len(x) + 1) / 2
        own = float(np.sum(ranks ** 2))
        products += float(np.sum(ranks[:-1] * ranks[1:])) + own / len(x)
        squares += own
        damped += own * (1 - 4 / len(x))
    want = min(max(products / damped, 0), 0.9) if damped else 0
    neighbours = sum(len(x) - 1 for x in series)
    beyond = squares > 0 and products / squares > stats.norm.ppf(0.95) / math.sqrt(neighbours)
    return lambda got: near(got[0], want) and got[1] == beyond


def drifting(n, correlation):
    x = [rng.normal()]
    for _ in range(n - 1):
        x.append(correlation * x[-1] + math.sqrt(1 - correlation ** 2) * rng.normal())
    return np.array(x)


def check_inflation(correlation, n):
    """The variance of a mean of n, from the whole matrix of correlations."""
    matrix = correlation ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return lambda got: near(got[0], float(np.sum(matrix)) / n)


for lengths in ((12,), (12, 12), (5, 40), (1000,)):
    for correlation in (0, 0.5, 0.95):
        many = [drifting(n, correlation) for n in lengths]
        ask(f"serial {lengths} {correlation}",
            f"serial {len(many)} {' '.join(listed(x) for x in many)}", check_serial(many))
ask("serial of equals", f"serial 1 {listed(np.ones(9))}", lambda got: got == [0, 0])
ask("serial of ties", f"serial 1 {listed(np.array([1., 1, 1, 2, 2, 2, 2, 3]))}",
    check_serial([np.array([1., 1, 1, 2, 2, 2, 2, 3])]))
ask("serial of too few", f"serial 1 {listed(np.arange(4.))}", lambda got: got == [0, 0])
for correlation, n in ((0.0, 12), (0.6, 12), (0.9, 12), (0.9, 100), (0.3, 1)):
    ask(f"inflation {correlation} {n}", f"inflation {correlation} {n}",
        check_inflation(correlation, n))
for p, inflation in ((0.001, 1.0), (1e-12, 4.0), (0.5, 2.5), (1.0, 3.0)):
    ask(f"serial p {p} {inflation}", f"widen {p} {inflation}",
        lambda got, p=p, inflation=inflation:
        near(got[0], 2 * stats.norm.sf(stats.norm.isf(p / 2) / math.sqrt(inflation))))

for n, m in ((4, 4), (6, 6), (8, 8), (12, 7)):
    ask(f"least {n} {m}", f"least {n} {m}",
        lambda got, n=n, m=m: near(got[0], 2 / math.comb(n + m, n)))


# ---- many tests ----------------------------------------------------------------------------------
def holm(p):
    order, out, largest = np.argsort(p), np.empty(len(p)), 0
    for place, index in enumerate(order):
        largest = max(largest, min(1, (len(p) - place) * p[index]))
        out[index] = largest
    return out


def benjamini_hochberg(p):
    return np.array([min(1, min(len(p) * q / (p <= q).sum() for q in p[p >= own])) for own in p])


for count in (1, 5, 64):
    p = rng.uniform(size=count) ** 3
    p[0] = p[-1]
    ask(f"holm {count}", f"holm {listed(p)}",
        lambda got, p=p: all(map(near, got, holm(p))))
    ask(f"bh {count}", f"bh {listed(p)}",
        lambda got, p=p: all(map(near, got, benjamini_hochberg(p))))


# ---- change points -------------------------------------------------------------------------------
def best_levels(logs, penalty):
    """The points of the cheapest partition, by trying every last level of every beginning."""
    least, points = [-penalty], [[]]
    for end in range(1, len(logs) + 1):
        tried = [(least[begin] + ((logs[begin:end] - logs[begin:end].mean()) ** 2).sum() + penalty,
                  begin) for begin in range(end)]
        cost, begin = min(tried)
        least.append(cost)
        points.append(points[begin] + [begin] * (begin > 0))
    return points[-1]


def tested(logs, points, i, deviation, degrees):
    edges = [0, *points, len(logs)]
    left, right = logs[edges[i]:edges[i + 1]], logs[edges[i + 1]:edges[i + 2]]
    change = right.mean() - left.mean()
    t = abs(change) / (deviation * math.sqrt(1 / len(left) + 1 / len(right)))
    return 2 * stats.t.sf(t, degrees), math.expm1(abs(change))


def changes(series, deviation, degrees, p_most, ratio):
    """The algorithm once more, in numpy, without pruning and without sharing a line with the C."""
    logs = np.log(series)
    points = best_levels(logs, (stats.t.isf(p_most / 2, degrees) * deviation) ** 2)
    while points:
        judged = [tested(logs, points, i, deviation, degrees) for i in range(len(points))]
        weakest = max(range(len(points)), key=lambda i: judged[i][0])
        if judged[weakest][0] < p_most:
            weakest = min(range(len(points)), key=lambda i: judged[i][1])
            if judged[weakest][1] > ratio:
                break
        del points[weakest]
    return points


def series_with(steps, noise):
    return np.concatenate([level * (1 + noise * rng.normal(size=length))
                           for level, length in steps])


for what, series, deviation in (
        ("flat", series_with([(100, 40)], 0.01), 0.01),
        ("one step", series_with([(100, 20), (106, 12)], 0.01), 0.01),
        ("a step of one", series_with([(100, 20), (125, 1)], 0.005), 0.005),
        ("up and back", series_with([(111.7, 4), (117.6, 4), (112, 7)], 0.005), 0.005),
        ("too small", series_with([(100, 20), (101, 20)], 0.001), 0.001),
        ("four", series_with([(80, 35), (90, 30), (85, 40), (95, 25)], 0.01), 0.01),
        ("many by a deviation that is too small", series_with([(100, 60)], 0.02), 0.005),
        ("one value", np.array([5.0]), 0.01), ("all the same", np.full(30, 7.0), 0.01),
        ("two exact levels", np.array([7.0] * 10 + [8.0] * 10), 0.01)):
    want = changes(series, deviation, 30, 0.0001, 0.02)
    ask(f"changes, {what}", f"changes {deviation} 30 0.0001 0.02 {listed(series)}",
        lambda got, want=want: [int(g) for g in got] == want)
    if not want and what in ("one step", "a step of one", "up and back", "two exact levels"):
        sys.exit(f"the reference itself finds nothing in '{what}'")

# ---- the answers ---------------------------------------------------------------------------------
answers = subprocess.run([sys.argv[1]], input="\n".join(questions), capture_output=True, text=True,
                         check=True).stdout.splitlines()
assert len(answers) == len(questions), (len(answers), len(questions))
failed = 0
for (what, check), question, answer in zip(checks, questions, answers):
    if not check([float(word) for word in answer.split()]):
        print(f"FAILED: {what}: {question[:100]} -> {answer}")
        failed += 1
print(f"{len(checks)} answers compared with scipy, {failed} differ")
sys.exit(failed > 0)
