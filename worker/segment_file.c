#define XXH_INLINE_ALL
#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_checksum.h"
#include "pair_sort.h"
#include "segment_file.h"

#define PATH_ROOM     4096
#define WRITE_BYTES   (1024 * 1024)

struct segment_file_s {
    int                    fd;
    char                   path[PATH_ROOM];
    aud_segment_header_t   header;
    aud_section_t         *sections;
    size_t                 table;       /* bytes of it, with its padding */
    uint32_t               next;        /* section to come */
    uint64_t               at;          /* where it begins */
    char                  *buffer;      /* WRITE_BYTES */
    size_t                 buffered;
    uint64_t               written;     /* where the next bytes go */
    unsigned               finished:1;
};

static const char  zeros[AUD_SECTION_ALIGN];

_Static_assert(sizeof(pair_t) == sizeof(aud_identifier_t),
               "identifiers are sorted as pairs");

static int  whole_section(void *arg, aud_str_t *piece);
static void order_rows(aud_identifier_t *ids, size_t n);
static int  by_row(const void *a, const void *b);
static int  add(segment_file_t *f, const void *data, uint64_t length,
    aud_error_t *err);
static int  flush(segment_file_t *f, aud_error_t *err);
static int  write_all(segment_file_t *f, const char *data, uint64_t length,
    aud_error_t *err);


segment_file_t *
segment_file_create(const char *dir, uint64_t number, uint32_t rows,
    uint32_t ncolumns, aud_error_t *err)
{
    char             name[AUD_SEGMENT_NAME_LEN + 1];
    size_t           nsections;
    segment_file_t  *f;

    nsections = (size_t) ncolumns * AUD_COLUMN_SECTIONS + AUD_SECTIONS;

    if (nsections > UINT32_MAX) {
        aud_error_set(err, "a segment cannot have %u columns", ncolumns);
        return NULL;
    }

    f = aud_calloc(1, sizeof(segment_file_t));

    if (f == NULL) {
        aud_error_set(err, "memory is out");
        return NULL;
    }

    f->fd = -1;
    f->table = AUD_ALIGNED(sizeof(aud_segment_header_t)
                           + nsections * sizeof(aud_section_t))
               - sizeof(aud_segment_header_t);
    f->sections = aud_calloc(1, f->table);
    f->buffer = aud_malloc(WRITE_BYTES);
    f->at = sizeof(aud_segment_header_t) + f->table;

    memcpy(f->header.magic, AUD_SEGMENT_MAGIC, sizeof(f->header.magic));
    f->header.version = AUD_SEGMENT_VERSION;
    f->header.rows = rows;
    f->header.number = number;
    f->header.ncolumns = ncolumns;
    f->header.nsections = nsections;

    if (f->sections == NULL || f->buffer == NULL) {
        aud_error_set(err, "memory is out");
        goto failed;
    }

    aud_segment_name(name, number);

    if (snprintf(f->path, PATH_ROOM, "%s/%s", dir, name) >= PATH_ROOM) {
        aud_error_set(err, "%s: the path is too long", dir);
        goto failed;
    }

    f->fd = open(f->path, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644);

    if (f->fd < 0) {
        aud_error_system(err, "cannot create %s", f->path);
        goto failed;
    }

    if (lseek(f->fd, f->at, SEEK_SET) < 0) {
        aud_error_system(err, "cannot seek in %s", f->path);
        goto failed;
    }

    f->written = f->at;

    return f;

failed:

    segment_file_free(f);
    return NULL;
}


int
segment_file_section(segment_file_t *f, const void *data, uint64_t length,
    aud_error_t *err)
{
    aud_str_t  whole;

    whole = aud_str(data, length);

    return segment_file_pieces(f, whole_section, &whole, err);
}


/* The one piece of *arg, which is empty from then on. */
static int
whole_section(void *arg, aud_str_t *piece)
{
    aud_str_t  *whole = arg;

    *piece = *whole;
    whole->len = 0;

    return piece->len != 0;
}


int
segment_file_pieces(segment_file_t *f,
    int (*next)(void *arg, aud_str_t *piece), void *arg, aud_error_t *err)
{
    size_t          padding;
    uint64_t        length;
    aud_str_t       piece;
    XXH3_state_t    state;
    aud_section_t  *section;

    if (f->next == f->header.nsections) {
        return aud_error_set(err, "%s: too many sections", f->path);
    }

    length = 0;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);

    while (next(arg, &piece)) {
        XXH3_64bits_update(&state, piece.data, piece.len);
        length += piece.len;

        if (add(f, piece.data, piece.len, err) != 0) {
            return -1;
        }
    }

    padding = AUD_ALIGNED(length) - length;
    XXH3_64bits_update(&state, zeros, padding);

    section = &f->sections[f->next++];
    section->offset = f->at;
    section->length = length;
    section->checksum = XXH3_64bits_digest(&state);

    f->at += length + padding;

    return add(f, zeros, padding, err);
}


int
segment_file_order(aud_identifier_t *ids, size_t *n)
{
    size_t  i, run, kept;

    if (pair_sort((pair_t *) ids, *n) != 0) {
        return -1;
    }

    for (run = 0; run < *n; run = i) {
        for (i = run + 1; i < *n && ids[i].hash == ids[run].hash; i++) {
            /* void */
        }

        order_rows(ids + run, i - run);
    }

    for (i = 0, kept = 0; i < *n; i++) {
        if (kept == 0
            || memcmp(&ids[kept - 1], &ids[i], sizeof(aud_identifier_t)) != 0)
        {
            ids[kept++] = ids[i];
        }
    }

    *n = kept;

    return 0;
}


/* Of one hash; most often they came in that order. */
static void
order_rows(aud_identifier_t *ids, size_t n)
{
    size_t  i;

    for (i = 1; i < n; i++) {
        if (by_row(&ids[i - 1], &ids[i]) > 0) {
            qsort(ids, n, sizeof(aud_identifier_t), by_row);
            return;
        }
    }
}


static int
by_row(const void *a, const void *b)
{
    const aud_identifier_t  *x = a, *y = b;

    if (x->row != y->row) {
        return x->row < y->row ? -1 : 1;
    }

    return (x->kind > y->kind) - (x->kind < y->kind);
}


int
segment_file_rows(segment_file_t *f, const aud_uuid_t *profiles,
    const aud_identifier_t *identifiers, size_t nidentifiers,
    aud_error_t *err)
{
    if (segment_file_section(f, profiles,
                             (uint64_t) f->header.rows * sizeof(aud_uuid_t),
                             err) != 0)
    {
        return -1;
    }

    return segment_file_section(f, identifiers,
                                nidentifiers * sizeof(aud_identifier_t), err);
}


int
segment_file_columns(segment_file_t *f, aud_column_record_t *records,
    const aud_str_t *names, aud_error_t *err)
{
    int           rc;
    uint32_t      i;
    aud_buffer_t  text = { 0 };

    for (i = 0; i < f->header.ncolumns; i++) {
        records[i].name_at = text.len;
        records[i].name_len = names[i].len;
        aud_buffer_add(&text, names[i].data, names[i].len);
    }

    if (text.failed || text.len > UINT32_MAX) {
        rc = aud_error_set(err, "memory is out");

    } else {
        rc = segment_file_section(f, records, (uint64_t) f->header.ncolumns
                                              * sizeof(aud_column_record_t),
                                  err);
    }

    if (rc == 0) {
        rc = segment_file_section(f, text.data, text.len, err);
    }

    aud_buffer_free(&text);

    return rc;
}


int
segment_file_finish(segment_file_t *f, segment_summary_t *summary,
    aud_error_t *err)
{
    if (f->next != f->header.nsections) {
        return aud_error_set(err, "%s: sections are missing", f->path);
    }

    f->header.bytes = f->at;
    f->header.checksum = aud_checksum(&f->header, f->sections, f->table);

    if (flush(f, err) != 0) {
        return -1;
    }

    if (lseek(f->fd, 0, SEEK_SET) < 0) {
        return aud_error_system(err, "cannot seek in %s", f->path);
    }

    f->written = 0;

    if (add(f, &f->header, sizeof(f->header), err) != 0
        || add(f, f->sections, f->table, err) != 0
        || flush(f, err) != 0)
    {
        return -1;
    }

    if (fsync(f->fd) != 0) {
        return aud_error_system(err, "cannot sync %s", f->path);
    }

    f->finished = 1;
    summary->checksum = f->header.checksum;
    summary->bytes = f->header.bytes;
    summary->rows = f->header.rows;

    return 0;
}


void
segment_file_free(segment_file_t *f)
{
    if (f == NULL) {
        return;
    }

    if (f->fd >= 0) {
        close(f->fd);

        if (!f->finished) {
            unlink(f->path);
        }
    }

    aud_free(f->sections);
    aud_free(f->buffer);
    aud_free(f);
}


static int
add(segment_file_t *f, const void *data, uint64_t length, aud_error_t *err)
{
    if (length > WRITE_BYTES - f->buffered && flush(f, err) != 0) {
        return -1;
    }

    if (length > WRITE_BYTES) {
        return write_all(f, data, length, err);
    }

    if (length) {
        memcpy(f->buffer + f->buffered, data, length);
        f->buffered += length;
    }

    return 0;
}


static int
flush(segment_file_t *f, aud_error_t *err)
{
    size_t  n;

    n = f->buffered;
    f->buffered = 0;

    return write_all(f, f->buffer, n, err);
}


static int
write_all(segment_file_t *f, const char *data, uint64_t length,
    aud_error_t *err)
{
    ssize_t  n;

    while (length) {
        n = write(f->fd, data, length);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            return aud_error_system(err, "cannot write %s", f->path);
        }

        /* The disk begins at once, so that the sync at the end is short.
         * What this says is of no consequence. */

        (void) sync_file_range(f->fd, f->written, n, SYNC_FILE_RANGE_WRITE);

        f->written += n;
        data += n;
        length -= n;
    }

    return 0;
}
