"""
Latent classes against numpy on the same people: how fast, and how well.

An EM in numpy is written two ways, and the faster one counts: probabilities
looked up by field, or products with a matrix of zeros and ones.
"""

import os
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../t/latent'))

import numpy as np

from em import Fit, MISSING, adjusted_rand, expect, people, start

CLASSES = 6
ITERATIONS = 50
FIELDS = [3, 4, 5, 5, 2, 2, 5, 5, 2, 3, 5, 3, 3, 5]


def normalised(logs):
    most = logs.max(1, keepdims=True)
    odds = np.exp(logs - most)
    total = odds.sum(1, keepdims=True)
    odds /= total
    return (most + np.log(total)).sum(), odds


def em_by_field(columns, model):
    shares, probabilities = model

    for _ in range(ITERATIONS):
        logs = np.log(shares) + sum(np.log(p)[c]
                                    for c, p in zip(columns, probabilities))
        log_likelihood, r = normalised(logs)
        shares = r.mean(0)
        probabilities = [
            np.stack([np.bincount(c, r[:, k], len(p))
                      for k in range(CLASSES)], 1)
            for c, p in zip(columns, probabilities)]
        probabilities = [p / p.sum(0) for p in probabilities]

    return log_likelihood


def em_by_matrix(columns, model):
    shares, probabilities = model
    ones = np.concatenate([np.eye(len(p))[c]
                           for c, p in zip(columns, probabilities)], 1)
    transposed = np.ascontiguousarray(ones.T)
    ends = np.cumsum([len(p) for p in probabilities])[:-1]
    p = np.concatenate(probabilities)

    for _ in range(ITERATIONS):
        log_likelihood, r = normalised(np.log(shares) + ones @ np.log(p))
        shares = r.mean(0)
        p = np.concatenate([w / w.sum(0)
                            for w in np.split(transposed @ r, ends)])

    return log_likelihood


def k_means(columns, fields, starts=5, steps=50):
    """On zeros and ones, k-means++ (Arthur and Vassilvitskii 2007)."""
    x = np.concatenate([np.eye(c, dtype=np.float32)[column]
                        for c, column in zip(fields, columns)], 1)
    best = np.inf

    for seed in range(starts):
        g = np.random.default_rng(seed)
        centres = x[[g.integers(len(x))]]

        while len(centres) < CLASSES:
            d = distances(x, centres).min(1).clip(0)
            centres = np.vstack([centres, x[g.choice(len(x), p=d / d.sum())]])

        for _ in range(steps):
            d = distances(x, centres)
            near = d.argmin(1)
            centres = np.stack([x[near == k].mean(0) if (near == k).any()
                                else centres[k] for k in range(CLASSES)])

        if d.min(1).sum() < best:
            best, found = d.min(1).sum(), near

    return found


def distances(x, centres):
    return ((x * x).sum(1)[:, None] - 2 * x @ centres.T
            + (centres * centres).sum(1)).astype(float)


def timed(run):
    """Wall-clock and processor time, in seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def speed(rounds):
    columns, _, _ = people(1, 50000, FIELDS, CLASSES)
    model = start(2, FIELDS, CLASSES)
    taken = {}

    def ours(threads):
        fit = Fit(columns, FIELDS, model, threads=threads, tolerance=-1,
                  iterations=ITERATIONS)
        return fit.seconds, fit.cpu_seconds

    for _ in range(rounds):
        for name, run in (
                ('numpy, by field',
                 lambda: timed(lambda: em_by_field(columns, model))),
                ('numpy, by matrix',
                 lambda: timed(lambda: em_by_matrix(columns, model))),
                ('ours, one thread', lambda: ours(1)),
                ('ours, two threads', lambda: ours(2))):
            taken.setdefault(name, []).append(run())

    medians = {name: [statistics.median(column) for column in zip(*t)]
               for name, t in taken.items()}
    peer = min(medians['numpy, by field'], medians['numpy, by matrix'])
    print(f'50,000 x 14, six classes, {ITERATIONS} iterations, '
          f'median of {rounds}\n\n  {"":20}        took   processor '
          '  times as fast as numpy: by either')

    for name, (wall, processor) in medians.items():
        print(f'  {name:20} {wall * 1000:8.1f} ms {processor * 1000:8.1f} ms'
              f' {peer[0] / wall:19.1f} {peer[1] / processor:9.1f}')


def quality():
    print('\nAdjusted Rand index to the truth, 50,000 x 14, six classes\n')
    print(f'  {"":28} true parameters   ours  classes  k-means')

    for name, seed, sharp, missing in (
            ('well apart', 1, 1, 0), ('closer', 2, 2, 0),
            ('a fifth missing', 3, 1, .2)):
        columns, model, truth = people(seed, 50000, FIELDS, CLASSES, sharp,
                                       missing)
        best = adjusted_rand(expect(columns, model)[1].argmax(1), truth)
        ours = Fit(columns, FIELDS, threads=2)
        found = adjusted_rand(ours.posterior.argmax(1), truth)
        known = [np.where(c == MISSING, f, c) for c, f in zip(columns, FIELDS)]
        means = adjusted_rand(
            k_means(known, [f + 1 for f in FIELDS]), truth)
        print(f'  {name:28} {best:15.4f} {found:6.4f} {ours.classes:8} '
              f'{means:8.4f}')

    columns, _, _ = people(4, 50000, FIELDS, 1)
    print(f'  noise: {Fit(columns, FIELDS, threads=2).classes} class')


def whole():
    print('\nThe choice among 1 to 12 classes, two threads\n')
    print(f'  {"":28} choice   cpu  classes  20 resamples   cpu  posterior')

    for name, n, sharp, missing in (
            ('50,000, well apart', 50000, 1, 0),
            ('50,000, a fifth missing', 50000, 1, .2),
            ('50,000, hardly apart', 50000, 8, .3),
            ('1,000,000, well apart', 1000000, 1, 0),
            ('1,000,000, hardly apart', 1000000, 8, .3)):
        columns, _, _ = people(5, n, FIELDS, CLASSES, sharp, missing)
        f = Fit(columns, FIELDS, threads=2, resamples=20)
        print(f'  {name:28} {f.seconds:4.2f} s {f.cpu_seconds:5.2f} '
              f'{f.classes:8} {f.stability_seconds:11.2f} s '
              f'{f.stability_cpu_seconds:5.2f} {f.posterior_seconds:8.3f} s')


if __name__ == '__main__':
    speed(int(os.environ.get('ROUNDS', 5)))
    quality()
    whole()
