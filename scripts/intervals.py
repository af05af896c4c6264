# SPDX-License-Identifier: Apache-2.0
"""Medians with their intervals, for the scripts beside this file."""

import math
import statistics


def median_interval(values, confidence=0.95):
    """Order statistics around the median: (least, most, the confidence that they really have).

    The k-th value from each end: the median of the population lies outside with 2 P(B < k), where
    B is binomial(n, 1/2). The narrowest such interval of at least the confidence; when all values
    together have less, all of them, and the confidence says so.
    """
    ordered, count = sorted(values), len(values)

    def outside(k):
        return 2 * sum(math.comb(count, i) for i in range(k)) / 2**count

    k = 1
    while k + 1 <= (count + 1) // 2 and outside(k + 1) <= 1 - confidence:
        k += 1
    return ordered[k - 1], ordered[-k], max(0.0, 1 - outside(k))


def median_text(values, digits=3):
    low, high, confidence = median_interval(values)
    middle = statistics.median(values)
    return f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}] {confidence:.0%}"


def ratio_text(ours, theirs):
    """Of those rounds in which both have a figure."""
    pairs = [x / y for x, y in zip(ours, theirs) if x and y]
    return median_text(pairs) if pairs else "-"


def rate_interval(hits, trials, quantile=1.96):
    """Wilson's interval of a rate (JASA 22, 1927): (least, most), 95 % by default."""
    if not trials:
        return 0.0, 1.0
    share, extra = hits / trials, quantile**2 / trials
    middle = (share + extra / 2) / (1 + extra)
    half = quantile / (1 + extra) * math.sqrt(share * (1 - share) / trials + extra / trials / 4)
    return max(0.0, middle - half), min(1.0, middle + half)
