#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_audiences.h"
#include "aud_buffer.h"
#include "aud_checksum.h"
#include "aud_manifest_format.h"
#include "manifest_writer.h"

#define PATH_ROOM  4096

static int   write_file(const char *dir, const char *name,
    const aud_buffer_t *content, aud_error_t *err);
static int   write_all(int fd, const char *data, size_t len);
static void  add_fields(aud_buffer_t *out, aud_buffer_t *names,
    const aud_field_t *fields, size_t n);
static void  add_segments(aud_buffer_t *out, const manifest_segment_t *segments,
    size_t n);
static void  describe(const manifest_segment_t *segment,
    aud_manifest_segment_t *record);
static void  add_struck(aud_buffer_t *out, const manifest_segment_t *segment,
    const aud_manifest_segment_t *record);
static int   field_by_name(const void *a, const void *b);
static int   segment_by_number(const void *a, const void *b);


int
manifest_write(const char *dir, const char *name, const manifest_t *m,
    aud_error_t *err)
{
    int                      rc;
    aud_field_t             *fields;
    aud_buffer_t             out = { 0 }, names = { 0 };
    manifest_segment_t      *segments;
    aud_manifest_header_t    header = { .magic = AUD_MANIFEST_MAGIC };

    rc = -1;
    fields = aud_calloc(m->nfields + 1, sizeof(aud_field_t));
    segments = aud_calloc(m->nsegments + 1, sizeof(manifest_segment_t));

    if (fields == NULL || segments == NULL) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    if (m->nfields) {
        memcpy(fields, m->fields, m->nfields * sizeof(aud_field_t));
        qsort(fields, m->nfields, sizeof(aud_field_t), field_by_name);
    }

    if (m->nsegments) {
        memcpy(segments, m->segments,
               m->nsegments * sizeof(manifest_segment_t));
        qsort(segments, m->nsegments, sizeof(manifest_segment_t),
              segment_by_number);
    }

    aud_buffer_add(&out, &header, sizeof(header));
    add_fields(&out, &names, fields, m->nfields);
    add_segments(&out, segments, m->nsegments);
    aud_buffer_add(&out, names.data, names.len);

    if (out.failed || names.failed || out.len > UINT32_MAX) {
        aud_error_set(err, "memory is out");
        goto done;
    }

    header.version = AUD_MANIFEST_VERSION;
    header.nfields = m->nfields;
    header.number = m->number;
    header.bytes = out.len;
    header.alike = m->content ? m->number - m->content : 0;
    header.nsegments = m->nsegments;
    header.names_len = names.len;
    header.audiences_number = m->audiences_number;
    header.audiences_checksum = m->audiences_checksum;
    header.checksum = aud_checksum(&header, out.data + sizeof(header),
                                   out.len - sizeof(header));
    memcpy(out.data, &header, sizeof(header));

    rc = write_file(dir, name, &out, err);

done:

    aud_buffer_free(&out);
    aud_buffer_free(&names);
    aud_free(segments);
    aud_free(fields);

    return rc;
}


int
manifest_write_audiences(const char *dir, uint64_t number,
    const aud_audience_t *audiences, size_t n, const manifest_below_t *below,
    uint64_t *checksum, aud_error_t *err)
{
    int                     rc;
    char                    name[AUD_AUDIENCES_NAME_LEN + 1];
    size_t                  i;
    aud_buffer_t            out = { 0 };
    aud_audience_record_t   record;
    aud_audiences_below_t   changed = { 0 };
    aud_audiences_header_t  header = { .magic = AUD_AUDIENCES_MAGIC };

    header.version = below ? AUD_AUDIENCES_CHANGES : AUD_AUDIENCES_VERSION;
    header.naudiences = n;
    header.number = number;
    aud_buffer_add(&out, &header, sizeof(header));

    if (below) {
        changed.number = below->number;
        changed.checksum = below->checksum;
        changed.ndropped = below->ndropped;
        aud_buffer_add(&out, &changed, sizeof(changed));
    }

    for (i = 0; i < n; i++) {
        memcpy(record.id, audiences[i].id.bytes, sizeof(record.id));
        record.filter_at = header.filters_len;
        record.filter_len = audiences[i].filter.len;
        record.member_at = header.nmembers;
        record.nmembers = audiences[i].nmembers;
        header.filters_len += audiences[i].filter.len;
        header.nmembers += audiences[i].nmembers;
        aud_buffer_add(&out, &record, sizeof(record));
    }

    if (below && below->ndropped) {
        aud_buffer_add(&out, below->dropped,
                       below->ndropped * sizeof(aud_uuid_t));
    }

    for (i = 0; i < n; i++) {
        aud_buffer_add(&out, audiences[i].members,
                       audiences[i].nmembers * sizeof(aud_uuid_t));
    }

    for (i = 0; i < n; i++) {
        aud_buffer_add(&out, audiences[i].filter.data,
                       audiences[i].filter.len);
    }

    if (out.failed) {
        rc = aud_error_set(err, "memory is out");
        goto done;
    }

    header.bytes = out.len;
    header.checksum = aud_checksum(&header, out.data + sizeof(header),
                                   out.len - sizeof(header));
    memcpy(out.data, &header, sizeof(header));
    *checksum = header.checksum;

    aud_audiences_name(name, number);
    rc = write_file(dir, name, &out, err);

done:

    aud_buffer_free(&out);
    return rc;
}


/* Synced; gone again where anything fails. */
static int
write_file(const char *dir, const char *name, const aud_buffer_t *content,
    aud_error_t *err)
{
    int   fd, rc;
    char  path[PATH_ROOM];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path)) {
        return aud_error_set(err, "%s: the path is too long", dir);
    }

    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644);

    if (fd < 0) {
        return aud_error_system(err, "cannot create %s", path);
    }

    rc = 0;

    if (write_all(fd, content->data, content->len) != 0 || fsync(fd) != 0) {
        rc = aud_error_system(err, "cannot write %s", path);
        unlink(path);
    }

    close(fd);
    return rc;
}


static int
write_all(int fd, const char *data, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, data, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            return -1;
        }

        data += n;
        len -= n;
    }

    return 0;
}


static void
add_fields(aud_buffer_t *out, aud_buffer_t *names, const aud_field_t *fields,
    size_t n)
{
    size_t                i;
    aud_manifest_field_t  record;

    for (i = 0; i < n; i++) {
        memset(&record, 0, sizeof(record));
        record.name_at = names->len;
        record.name_len = fields[i].name.len;
        record.type = fields[i].type;
        record.kind = fields[i].kind;
        record.multi = fields[i].multi;

        aud_buffer_add(out, &record, sizeof(record));
        aud_buffer_add(names, fields[i].name.data, fields[i].name.len);
    }
}


static void
add_segments(aud_buffer_t *out, const manifest_segment_t *segments, size_t n)
{
    size_t                  i, at;
    uint64_t                struck_at;
    aud_manifest_segment_t  record;

    at = out->len;
    struck_at = at + n * sizeof(record);

    for (i = 0; i < n; i++) {
        describe(&segments[i], &record);
        record.struck_at = struck_at;
        aud_buffer_add(out, &record, sizeof(record));

        if (record.form == AUD_STRUCK_BITMAP) {
            struck_at += AUD_WORDS(record.rows) * sizeof(uint64_t);

        } else if (record.form == AUD_STRUCK_ROWS) {
            struck_at += ((uint64_t) record.nstruck * sizeof(uint32_t) + 7)
                         & ~(uint64_t) 7;
        }
    }

    for (i = 0; i < n && !out->failed; i++) {
        memcpy(&record, out->data + at + i * sizeof(record), sizeof(record));
        add_struck(out, &segments[i], &record);
    }
}


/* The form that takes less room. */
static void
describe(const manifest_segment_t *segment, aud_manifest_segment_t *record)
{
    size_t  i, words;

    memset(record, 0, sizeof(*record));
    record->number = segment->number;
    record->checksum = segment->checksum;
    record->rows = segment->rows;
    words = AUD_WORDS(segment->rows);

    for (i = 0; segment->deleted && i < words; i++) {
        record->nstruck += __builtin_popcountll(segment->deleted[i]);
    }

    record->form = record->nstruck == 0 ? AUD_STRUCK_NONE
                   : (uint64_t) record->nstruck * sizeof(uint32_t)
                     < words * sizeof(uint64_t)
                   ? AUD_STRUCK_ROWS : AUD_STRUCK_BITMAP;
}


static void
add_struck(aud_buffer_t *out, const manifest_segment_t *segment,
    const aud_manifest_segment_t *record)
{
    size_t    i;
    uint32_t  row, padding = 0;
    uint64_t  word;

    if (record->form == AUD_STRUCK_BITMAP) {
        aud_buffer_add(out, segment->deleted,
                       AUD_WORDS(segment->rows) * sizeof(uint64_t));
        return;
    }

    if (record->form == AUD_STRUCK_NONE) {
        return;
    }

    for (i = 0; i < AUD_WORDS(segment->rows); i++) {

        for (word = segment->deleted[i]; word; word &= word - 1) {
            row = i * 64 + __builtin_ctzll(word);
            aud_buffer_add(out, &row, sizeof(row));
        }
    }

    if (record->nstruck & 1) {
        aud_buffer_add(out, &padding, sizeof(padding));
    }
}


static int
field_by_name(const void *a, const void *b)
{
    return aud_str_compare(((const aud_field_t *) a)->name,
                           ((const aud_field_t *) b)->name);
}


static int
segment_by_number(const void *a, const void *b)
{
    const manifest_segment_t  *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}
