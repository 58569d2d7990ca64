/*
 * The structural checks of a mapped segment: what checksums cannot promise.
 *
 * A column that passes leads no reader outside its arrays, whatever it looks
 * up: offsets ascend, codes and rows are in range, bitmaps end with the last
 * row, presence and codes agree, dictionaries are in order (so that a binary
 * search never gives a run that ends before it begins).  Linear scans, most of
 * which vectorise.  Any thread.
 */

#ifndef AUD_SEGMENT_CHECK_H
#define AUD_SEGMENT_CHECK_H

#include "aud_segment.h"

typedef struct {                    /* lengths that aud_column_t leaves out */
    size_t  display;
    size_t  folded;
    size_t  codes;                  /* entries */
    size_t  postings;
} aud_column_extent_t;

/* NULL, or what is wrong, as static text. */
const char *aud_column_check(const aud_column_t *c,
    const aud_column_extent_t *extent);
const char *aud_words_check(const aud_column_t *words, size_t text,
    size_t postings);
const char *aud_profiles_check(const aud_uuid_t *profiles, uint32_t rows);
const char *aud_identifiers_check(const aud_identifier_t *identifiers,
    size_t n, uint32_t rows);
const char *aud_records_check(const uint64_t *record_at, uint32_t rows,
    uint64_t bytes);

#endif
