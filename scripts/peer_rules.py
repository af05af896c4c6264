# SPDX-License-Identifier: Apache-2.0
"""By what rules other programs say that a benchmark got worse, from their documents.

benchstat   golang.org/x/perf/cmd/benchstat: Mann and Whitney's test of all values of both sides,
            each benchmark by itself, significant at 0.05 (its default of -alpha).
Bencher     bencher.dev/docs/explanation/thresholds, t_test with an upper boundary of 0.99, as in
            its examples: a new value beyond that quantile of Student's t around the mean of past
            ones, with the standard deviation by n (its lib/bencher_boundary/src/mean.rs).
SuperBench  microsoft.github.io/superbenchmark/docs/user-tutorial/data-diagnosis, rule `variance`:
            more than 5 %, as in its examples, worse than the baseline. Where several values make
            one, it is their mean here.

Each rule takes the runs of either side, arrays of latencies [run, round, cell], and returns for
each cell whether it is called worse.
"""

import numpy
from scipy import stats


def medians(runs):
    """One value a run and cell."""
    return numpy.median(runs, axis=1)


def utest(base, new):
    p = stats.mannwhitneyu(base, new, axis=0, method="asymptotic").pvalue
    if len(base) * len(new) < 100:
        p = stats.mannwhitneyu(base, new, axis=0, method="exact").pvalue
    return (p < 0.05) & (numpy.median(new, axis=0) > numpy.median(base, axis=0))


def benchstat_visits(base, new):
    return utest(base.reshape(-1, base.shape[2]), new.reshape(-1, new.shape[2]))


def benchstat_runs(base, new):
    return utest(medians(base), medians(new))


def bencher(base, new):
    past, newest = medians(base), medians(new)[-1]
    reach = stats.t.ppf(0.99, len(past) - 1) * past.std(axis=0)
    return newest > past.mean(axis=0) + reach


def superbench(base, new):
    return medians(new).mean(axis=0) > 1.05 * medians(base).mean(axis=0)


COMPARE = {
    "benchstat, all visits": benchstat_visits,
    "benchstat, medians of runs": benchstat_runs,
    "SuperBench, 5 %": superbench,
}
HISTORY = {
    "Bencher, t-test 0.99": bencher,
    "SuperBench, 5 %": superbench,
}


def judge(rules, base, new):
    """{rule: cells that it calls worse}"""
    base, new = numpy.array(base), numpy.array(new)
    return {name: set(numpy.flatnonzero(rule(base, new)).tolist()) for name, rule in rules.items()}
