/*
 * Which columns an export has, and in which order: the columns of contacts
 * first, then what its filter asks about, also by way of other audiences, or
 * what explains it, then all others.  Any thread.
 */

#ifndef EXPORT_COLUMNS_H
#define EXPORT_COLUMNS_H

#include <jansson.h>

#include "aud_eval.h"

/* explanation: of an automatic audience, the array of its record; else NULL.
 * Indices into g->fields, freed by aud_free().  NULL when memory is out. */
uint32_t *export_columns(const aud_generation_t *g, const aud_filter_t *filter,
    const json_t *explanation, size_t *n);

#endif
