/*
 * Whether a share inside a class differs from that outside by more than chance.
 *
 * G is the log-likelihood ratio of a table of two by two (Woolf 1957; Sokal and
 * Rohlf, Biometry, 3rd ed. 1995, section 17.4), without a correction,
 *
 *   G = 2 * sum over the four of  observed * log(observed / expected)
 *
 * which is distributed as chi-square with one degree of freedom where the class
 * and the category have nothing to do with each other:
 * p = erfc(sqrt(G / 2)).  Pure; any thread.
 */

#ifndef CLASS_TEST_H
#define CLASS_TEST_H

#include <stddef.h>
#include <stdint.h>

/*
 *                   in the category     not
 *   in the class    a                   b
 *   outside         c                   d
 *
 * 0 where a row or a column of it is empty: then there is nothing to test.
 */
double class_test_g(uint64_t a, uint64_t b, uint64_t c, uint64_t d);
double class_test_p(double g);

/*
 * The largest p that is significant among n tests where the share of false ones
 * among those that are is to be `rate` at most (Benjamini and Hochberg 1995,
 * Journal of the Royal Statistical Society B 57, 289-300); below 0 where none
 * is.  Sorts p.
 */
double class_test_limit(double *p, size_t n, double rate);

#endif
