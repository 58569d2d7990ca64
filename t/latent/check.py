"""
The worker's latent classes against those of em.py.  Prints TAP.
"""

import numpy as np

from em import (Fit, MISSING, adjusted_rand, em, expect, people, start)

tests = 0


def check(good, name, *details):
    global tests
    tests += 1
    print('ok' if good else 'not ok', tests, '-', name)
    if not good:
        for detail in details:
            print('#', detail)


def same_from_the_same_start(name, columns, fields, classes, iterations):
    model = start(classes + len(fields), fields, classes)
    theirs, log_likelihood, posterior = em(columns, model, iterations)
    ours = Fit(columns, fields, model, iterations=iterations, tolerance=-1)
    order = np.argsort(-theirs[0], kind='stable')
    probabilities = np.concatenate([p[:, order].ravel() for p in theirs[1]])

    off = [abs(ours.log_likelihood - log_likelihood),
           abs(ours.shares - theirs[0][order]).max(),
           abs(np.array(ours.probabilities) - probabilities).max(),
           abs(ours.posterior - posterior[:, order]).max()]
    check(off[0] < 1e-6 and max(off[1:3]) < 1e-9 and off[3] < 1e-6,
          f'{name}, {classes} classes, {iterations} iterations: as in numpy',
          f'log likelihood {ours.log_likelihood:.9f}, not '
          f'{log_likelihood:.9f}; off by {off}')


def one_start_as_in_numpy():
    few = [3, 2, 5, 4]
    many = [2, 3, 4, 5, 6, 2, 3, 32, 2, 2, 2, 2, 2, 2, 1, 4]
    deep = [2, 3, 4] * 17

    for name, n, fields, sharp, missing, classes in (
            ('few fields', 1500, few, 1, 0, (1, 2, 3)),
            ('few fields, some missing', 1500, few, 1, .3, (2, 4)),
            ('many fields', 1100, many, 1, 0, (5, 8)),
            ('many fields, some missing', 1100, many, 1, .2, (6, 9, 12)),
            ('most missing', 1100, many, 1, .8, (3, 16)),
            ('zeros', 1100, many, .1, .1, (4,)),
            ('fifty fields', 700, deep, .5, .1, (3, 10))):
        columns, _, _ = people(len(name), n, fields, 4, sharp, missing)

        for k in classes:
            for iterations in (1, 30):
                same_from_the_same_start(name, columns, fields, k, iterations)


def converged_as_in_numpy():
    fields = [3, 4, 2, 5, 3, 3, 2, 4]

    for missing in (0, .25):
        columns, _, _ = people(7, 2000, fields, 3, .8, missing)
        model = start(1, fields, 3)
        _, log_likelihood, _ = em(columns, model, 800)
        ours = Fit(columns, fields, model, tolerance=1e-9, iterations=5000)
        check(ours.converged and abs(ours.log_likelihood - log_likelihood)
              < 1e-6, f'converged, {missing} missing: as in numpy',
              f'{ours.log_likelihood:.9f}, not {log_likelihood:.9f}')


def threads_change_nothing():
    fields = [3, 4, 2, 5, 3, 3, 2, 4, 6, 3]
    columns, _, _ = people(11, 12000, fields, 4, 1, .1)
    one = Fit(columns, fields, threads=1, resamples=3)
    check(one.classes == 4, 'four classes of four', one.classes)

    for threads in (2, 3, 7):
        more = Fit(columns, fields, threads=threads, resamples=3)
        check(more.result() == one.result()
              and (more.posterior == one.posterior).all(),
              f'{threads} threads find the same, byte for byte')


def known_classes_are_found():
    for seed, sharp, missing in ((1, 1, 0), (2, 2, 0), (3, 1, .2)):
        fields = np.random.default_rng(seed).integers(2, 6, 14)
        columns, model, truth = people(seed, 12000, fields, 6, sharp, missing)
        best = adjusted_rand(expect(columns, model)[1].argmax(1), truth)
        ours = Fit(columns, fields, threads=2)
        rand = adjusted_rand(ours.posterior.argmax(1), truth)
        check(ours.classes == 6 and rand > best - .01,
              f'six classes, world {seed}: adjusted Rand {rand:.4f}, true '
              f'parameters {best:.4f}', f'{ours.classes} classes')


def noise_is_one_class():
    for seed in range(3):
        g = np.random.default_rng(seed)
        fields = g.integers(2, 6, 10)
        columns, _, _ = people(seed, 5000, fields, 1, 1, .1 * seed)
        check(Fit(columns, fields).classes == 1, f'noise {seed}: one class')


one_start_as_in_numpy()
converged_as_in_numpy()
threads_change_nothing()
known_classes_are_found()
noise_is_one_class()
print(f'1..{tests}')
