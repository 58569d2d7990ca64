/*
 * Which columns an export has, and in which order: the columns of contacts
 * first, then what its filter asks about, also by way of other audiences, then
 * all others.  Any thread.
 */

#ifndef EXPORT_COLUMNS_H
#define EXPORT_COLUMNS_H

#include "aud_eval.h"

/* Indices into g->fields, freed by aud_free().  NULL when memory is out. */
uint32_t *export_columns(const aud_generation_t *g, const aud_filter_t *filter,
    size_t *n);

#endif
