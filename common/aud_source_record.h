/*
 * What a segment keeps of the source records behind a row: who they are about.
 * No field and no query shows it; it is there for whoever resolves rows to
 * people, so that blocks of source records need not be read for that.
 *
 *   record   ref u64 | tax document | phone | e-mail | name
 *   text     varint length, bytes; none: length 0
 *
 * ref is the sequence of the record's import, shifted by 32, and its line
 * (worker/profile_ids.h).  Document, phone and e-mail are normalised, and only
 * there where they link; the name is as it was written, as few are ever
 * compared.  Records of a row ascend by ref.  Any thread.
 */

#ifndef AUD_SOURCE_RECORD_H
#define AUD_SOURCE_RECORD_H

#include "aud_buffer.h"
#include "aud_segment.h"

typedef struct {
    uint64_t   ref;
    aud_str_t  tax_document;
    aud_str_t  phone;
    aud_str_t  email;
    aud_str_t  name;
} aud_source_record_t;

/* A failed allocation shows in out->failed. */
void aud_source_record_write(aud_buffer_t *out,
    const aud_source_record_t *record);

/* The next record of *rest, whose texts point into it, and *rest moved behind:
 * 1; 0 at the end; -1 where it is damaged, as it may be in a segment that has
 * passed its checks. */
int  aud_source_record_read(aud_str_t *rest, aud_source_record_t *record);

/* Those of a row. */
static inline aud_str_t
aud_segment_records(const aud_segment_t *s, uint32_t row)
{
    return aud_str(s->records + s->record_at[row],
                   s->record_at[row + 1] - s->record_at[row]);
}

#endif
