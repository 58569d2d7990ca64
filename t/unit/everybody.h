/*
 * A whole base as text, to be held against another: everybody with their fields
 * and records, the field registry, the values that do not link.  And files of
 * people who share phones, addresses and documents.
 */

#ifndef EVERYBODY_H
#define EVERYBODY_H

#include "aud_source_record.h"
#include "blocked.h"
#include "importing.h"
#include "random.h"


static inline char *
registry(void)
{
    size_t         i, n, type;
    aud_buffer_t   out = { 0 };
    base_field_t  *fields;

    fields = base_fields(bases_get(worker.bases, TENANT), &n);

    for (i = 0; i < n; i++) {
        aud_buffer_printf(&out, "%s %s %s",  fields[i].field.name.data,
                          aud_type_name(fields[i].field.type),
                          aud_kind_name(fields[i].field.kind));

        for (type = 0; type < AUD_TYPE_COUNT; type++) {
            aud_buffer_printf(&out, " %llu",
                              (unsigned long long) fields[i].counts[type]);
        }

        aud_buffer_char(&out, '\n');
    }

    base_fields_free(fields, n);
    aud_buffer_char(&out, '\0');

    return out.data;
}


static inline int
by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


/* Lines in order: a rebuilt registry may have its fields in another one. */

static inline char *
sorted(char *text)
{
    int            i, n = 0;
    char          *lines[5000], *line, *rest = text;
    aud_buffer_t   out = { 0 };

    while ((line = strsep(&rest, "\n")) != NULL) {
        lines[n++] = line;
    }

    qsort(lines, n, sizeof(char *), by_line);

    for (i = 0; i < n; i++) {
        aud_buffer_printf(&out, "%s\n", lines[i]);
    }

    aud_buffer_char(&out, '\0');
    aud_free(text);

    return out.data;
}


static inline void
random_people(aud_buffer_t *text)
{
    int  i, n;
    static const char *const  names[] = {
        "Ana Silva", "Ana M. Silva", "Bia Souza", "João Lima", "Silva, Ana",
        "Joao Lima Filho", "", "", "Caio"
    };
    static const char *const  documents[] = {
        "529.982.247-25", "111.444.777-35", "11.222.333/0001-81", "1234", "",
        "", "", ""
    };

    text->len = 0;
    aud_buffer_text(text, "phoneNumber,email,taxDocument,name,idade,nota\n");

    for (i = 0, n = 1 + random_below(30); i < n; i++) {
        if (random_below(4)) {
            aud_buffer_printf(text, "119876543%02zu", random_below(30));
        }

        aud_buffer_text(text, ",");

        if (random_below(3)) {
            aud_buffer_printf(text, "p%zu@x.com", random_below(25));
        }

        aud_buffer_printf(text, ",%s,%s%s%s,%zu,%s\n",
                          documents[random_below(8)],
                          "\"", names[random_below(9)], "\"",
                          random_below(90), random_below(2) ? "sim" : "");
    }

    aud_buffer_char(text, '\0');
}


/* Everybody, with all fields and records. */

static inline char *
everybody(void)
{
    size_t                i, s, k, first;
    uint32_t              row, c, n;
    aud_str_t             rest, value;
    aud_buffer_t          out = { 0 };
    aud_generation_t     *g;
    aud_source_record_t   record;
    const aud_column_t   *column;
    const aud_segment_t  *segment;

    g = base_generation(bases_get(worker.bases, TENANT));

    for (s = 0; s < g->nslices; s++) {
        segment = g->slices[s].segment;

        for (row = 0; row < segment->rows; row++) {
            if (g->slices[s].deleted && aud_bit(g->slices[s].deleted, row)) {
                continue;
            }

            for (k = 0; k < sizeof(aud_uuid_t); k++) {
                aud_buffer_printf(&out, "%02x",
                                  segment->profiles[row].bytes[k]);
            }

            for (c = 0; c < segment->ncolumns; c++) {
                column = &segment->columns[c];
                n = aud_column_values(column, row, &first);

                for (i = 0; i < n; i++) {
                    value = aud_column_display(column,
                                aud_column_code_plus_one(column, first + i)
                                - 1);
                    aud_buffer_printf(&out, " %.*s=%.*s",
                                      (int) column->name.len,
                                      column->name.data, (int) value.len,
                                      value.data);
                }
            }

            rest = aud_segment_records(segment, row);

            while (aud_source_record_read(&rest, &record) == 1) {
                aud_buffer_printf(&out, " %llx",
                                  (unsigned long long) record.ref);
            }

            aud_buffer_char(&out, '\n');
        }
    }

    aud_buffer_char(&out, '\0');
    aud_generation_release(g);

    return out.data;
}


static inline char *
blocked_now(void)
{
    char         *text;
    size_t        i;
    json_t       *document;
    blocked_t     blocked;
    aud_buffer_t  out = { 0 };
    aud_error_t   err;

    assert_int_equal(blocked_load(&blocked, worker.store, TENANT, &err), 0);

    json_array_foreach(blocked.documents, i, document) {
        text = (char *) document_text(document, "value");
        aud_buffer_printf(&out, "%s %s\n", document_text(document, "kind"),
                          text);
    }

    aud_buffer_char(&out, '\0');
    blocked_free(&blocked);

    return out.data;
}

#endif
