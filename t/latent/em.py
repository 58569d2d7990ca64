"""
Latent classes in numpy: an EM that shares nothing with the worker's, made-up
people whose classes are known, and measures of agreement.  For
t/latent_classes.t and bench/segmentation_model.py.
"""

import os
import struct
import subprocess
import tempfile

import numpy as np

MISSING = 255


def people(seed, n, fields, classes, sharp=1.0, missing=0.0):
    """Columns of codes, and the truth: shares, probabilities, classes of rows.

    `fields` are numbers of categories; the lower `sharp`, the more a class
    differs from the next.
    """
    g = np.random.default_rng(seed)
    shares = g.dirichlet(np.full(classes, 5.0))
    probabilities = [g.dirichlet(np.full(c, sharp), classes).T for c in fields]
    truth = g.choice(classes, n, p=shares)
    columns = []

    for c, p in zip(fields, probabilities):
        above = g.random(n)[:, None] > p.cumsum(0).T[truth]
        column = above.sum(1).clip(0, c - 1).astype(np.uint8)
        column[g.random(n) < missing] = MISSING
        columns.append(column)

    return columns, (shares, probabilities), truth


def start(seed, fields, classes):
    g = np.random.default_rng(seed)
    return (g.dirichlet(np.full(classes, 20.0)),
            [g.dirichlet(np.full(c, 3.0), classes).T for c in fields])


def expect(columns, model):
    """The log likelihood, and the posterior of every row."""
    shares, probabilities = model
    logs = np.tile(np.log(shares), (len(columns[0]), 1))

    for column, p in zip(columns, probabilities):
        known = column != MISSING
        logs[known] += np.log(np.maximum(p, 1e-300))[column[known]]

    most = logs.max(1, keepdims=True)
    odds = np.exp(logs - most)
    total = odds.sum(1, keepdims=True)

    return float((most + np.log(total)).sum()), odds / total


def maximise(columns, model, posterior):
    probabilities = []

    for column, p in zip(columns, model[1]):
        weights = np.array([posterior[column == c].sum(0)
                            for c in range(len(p))])
        probabilities.append(weights / weights.sum(0))

    return posterior.mean(0), probabilities


def em(columns, model, iterations):
    """That many iterations: the model, its log likelihood and posterior."""
    for _ in range(iterations):
        model = maximise(columns, model, expect(columns, model)[1])

    return (model,) + expect(columns, model)


def adjusted_rand(a, b):
    """Hubert and Arabie 1985."""
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    pairs = lambda x: (x * (x - 1) / 2).sum()
    both, here, there = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    chance = here * there / pairs(np.array(len(a)))

    return (both - chance) / ((here + there) / 2 - chance)


class Fit:
    """What the program latent_fit finds in the columns."""

    def __init__(self, columns, fields, model=None, **wishes):
        with tempfile.TemporaryDirectory() as folder:
            matrix = os.path.join(folder, 'matrix')
            posterior = os.path.join(folder, 'posterior')
            wishes['posterior'] = posterior

            with open(matrix, 'wb') as f:
                f.write(struct.pack('=II', len(columns[0]), len(columns)))
                f.write(bytes([int(c) for c in fields]))
                for column in columns:
                    f.write(column.tobytes())

            if model:
                wishes['from'] = os.path.join(folder, 'from')
                wishes['classes'] = len(model[0])
                with open(wishes['from'], 'wb') as f:
                    f.write(np.concatenate([model[0]] + [
                        p.ravel() for p in model[1]]).tobytes())

            program = os.environ.get('BUILD', 'build') + '/t/lib/latent_fit'
            self.output = subprocess.run(
                [program, matrix] + [f'{k}={v}' for k, v in wishes.items()],
                check=True, capture_output=True, text=True).stdout

            for line in self.output.splitlines():
                name, *values = line.split()
                values = [float(v) for v in values]
                setattr(self, name, values if len(values) > 1 else values[0])

            self.classes = int(self.classes)
            self.shares = np.atleast_1d(self.shares)
            self.posterior = np.fromfile(posterior, np.float32).reshape(
                self.classes, -1).T

    def result(self):
        """All that is printed but how long it took."""
        return [line for line in self.output.splitlines()
                if 'seconds' not in line]
