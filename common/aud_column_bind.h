/*
 * One column of a mapped segment: its pointers set to the sections of the file,
 * whose place and checksums have been proved, and all that they hold checked.
 */

#ifndef AUD_COLUMN_BIND_H
#define AUD_COLUMN_BIND_H

#include "aud_segment.h"
#include "aud_segment_format.h"

/*
 * Fills c, which begins as zeros; words too, and c->words points there, where
 * the column keeps any.  names is the section of the columns' names, sections
 * are those of this column.  NULL, or what is wrong.
 */
const char *aud_column_bind(const char *map, uint32_t rows,
    const aud_section_t *names, const aud_column_record_t *record,
    const aud_section_t *sections, aud_column_t *c, aud_column_t *words);

#endif
