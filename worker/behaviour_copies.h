/*
 * Fields that are one field twice: "plano" and "plano id".  To a model that
 * takes fields as independent, what stands there twice counts twice.
 *
 * Two fields are copies where the same people are together in each category, or
 * have none, and besides their categories are the same texts or ranges, or
 * their names have a word in common.  That people are parted alike is not enough: a favourite team
 * and a plan that always go together are what segmentation looks for.
 *
 * Any thread.
 */

#ifndef BEHAVIOUR_COPIES_H
#define BEHAVIOUR_COPIES_H

#include "behaviour_field.h"

/* Leaves out of n filled plans each that is a copy of one that is kept: texts
 * are kept rather than numbers, then the first.  -1 when memory is out. */
int      behaviour_copies(behaviour_plan_t *plans, size_t n, uint32_t rows);

/* The same for codes that part people alike, else nearly surely another. */
uint64_t behaviour_partition(const uint8_t *codes, uint32_t rows);

#endif
