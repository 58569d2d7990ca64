/*
 * A base written by hand: slices of rows, some of them struck out, each row a
 * list of texts, one a field.
 *
 *   base_begin(fields, n);
 *   base_row(7, 1, (const char *[]) { "Ouro", NULL, "a|b" });   living
 *   base_row(9, 0, …);                                          struck out
 *   base_slice();           what follows goes into another segment
 *   base_row(3, 1, …);
 *   g = base_end();
 *   …
 *   base_drop(g);
 *
 * Rows of a slice ascend by number.  A field that is multi-valued takes its
 * text apart at each "|".
 */

#ifndef WRITTEN_BASE_H
#define WRITTEN_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest_writer.h"
#include "segment_writer.h"

#define BASE_FIELDS  100
#define BASE_SLICES  16
#define BASE_VALUES  256

static struct {
    char                 dir[64];
    const aud_field_t   *fields;
    size_t               nfields;
    segment_writer_t    *writer;
    uint64_t            *deleted;
    uint32_t             rows;
    manifest_segment_t   segments[BASE_SLICES];
    size_t               nsegments;
} written;


static inline aud_uuid_t
base_profile(unsigned number)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[12] = number >> 24;
    id.bytes[13] = number >> 16;
    id.bytes[14] = number >> 8;
    id.bytes[15] = number;

    return id;
}


static inline void
base_begin(const aud_field_t *fields, size_t n)
{
    memset(&written, 0, sizeof(written));
    strcpy(written.dir, "/tmp/aud-written-XXXXXX");
    assert_non_null(mkdtemp(written.dir));
    assert_true(n <= BASE_FIELDS);
    written.fields = fields;
    written.nfields = n;
}


static inline void
base_row_of(const aud_uuid_t *id, int live, const char *const *texts)
{
    size_t           f, n = 0, words;
    const char      *text;
    segment_value_t  values[BASE_VALUES];

    if (written.writer == NULL) {
        written.writer = segment_writer_create(written.fields,
                                               written.nfields);
        written.rows = 0;
        written.deleted = NULL;
    }

    for (f = 0; f < written.nfields; f++) {
        for (text = texts[f]; text && *text; text += text[0] == '|') {
            values[n].field = f;
            values[n].text.data = text;
            values[n].text.len = written.fields[f].multi ? strcspn(text, "|")
                                                         : strlen(text);
            text += values[n++].text.len;
            assert_true(n < BASE_VALUES);
        }
    }

    assert_int_equal(segment_writer_add(written.writer, id, values, n), 0);

    words = AUD_WORDS(written.rows);

    if (written.rows % 64 == 0) {
        written.deleted = realloc(written.deleted,
                                  (words + 1) * sizeof(uint64_t));
        written.deleted[words] = 0;
    }

    written.deleted[written.rows / 64] |= (uint64_t) !live
                                          << (written.rows % 64);
    written.rows++;
}


static inline void
base_row(unsigned number, int live, const char *const *texts)
{
    aud_uuid_t  id = base_profile(number);

    base_row_of(&id, live, texts);
}


static inline void
base_slice(void)
{
    aud_error_t        err;
    segment_summary_t  summary;

    if (written.writer == NULL) {
        return;
    }

    assert_true(written.nsegments < BASE_SLICES);

    if (segment_writer_write(written.writer, written.dir,
                             written.nsegments + 1, &summary, &err) != 0)
    {
        fail_msg("%s", err.text);
    }

    segment_writer_free(written.writer);
    written.writer = NULL;
    written.segments[written.nsegments] = (manifest_segment_t) {
        written.nsegments + 1, summary.checksum, summary.rows, written.deleted
    };
    written.nsegments++;
}


static inline aud_generation_t *
base_end(void)
{
    aud_error_t        err;
    manifest_t         m = { .number = 1, .fields = written.fields,
                             .nfields = written.nfields };
    aud_generation_t  *g;

    base_slice();
    m.segments = written.segments;
    m.nsegments = written.nsegments;

    if (manifest_write(written.dir, "MANIFEST", &m, &err) != 0) {
        fail_msg("%s", err.text);
    }

    g = aud_generation_open(written.dir, NULL, NULL, &err);

    if (g == NULL) {
        fail_msg("%s", err.text);
    }

    return g;
}


static inline void
base_drop(aud_generation_t *g)
{
    char    command[128];
    size_t  i;

    aud_generation_release(g);

    for (i = 0; i < written.nsegments; i++) {
        free((void *) written.segments[i].deleted);
    }

    snprintf(command, sizeof(command), "rm -rf %s", written.dir);
    assert_int_equal(system(command), 0);
}

#endif
