/*
 * Fields that are one field twice: "plano" and "plano id", "idade" and "data de
 * nascimento".  To a model that takes fields as independent, what stands there
 * twice counts twice.
 *
 * Two fields are copies where they go together, so that of those who are in a
 * category of either and have the other one, BEHAVIOUR_ALIKE are in the one that
 * belongs to it, and besides their categories are the same texts or ranges, or
 * their names have a word in common.  Going together is not enough: a favourite
 * team and a plan that always do are what segmentation looks for.
 *
 * One thread.
 */

#ifndef BEHAVIOUR_COPIES_H
#define BEHAVIOUR_COPIES_H

#include "behaviour_field.h"

#define BEHAVIOUR_ALIKE  0.9

/* Leaves out of n filled plans each that is a copy of one that is kept, which
 * is a text rather than a number, then that of more people, then the first.  -1
 * when memory is out. */
int  behaviour_copies(behaviour_plan_t *plans, size_t n, uint32_t rows);

#endif
