/*
 * A segment file of any bytes: whatever aud_segment_open() lets pass must not
 * lead a reader outside the mapping.  Lengths of sections are believed, and
 * offsets and checksums computed again, so that mutations reach the checks
 * behind them.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "aud_checksum.h"
#include "aud_segment.h"
#include "aud_segment_format.h"
#include "aud_source_record.h"

#define MOST  (256 * 1024)

static char               dir[] = "/tmp/fuzz-segment-XXXXXX";
static unsigned char      file[MOST];
static volatile uint64_t  sink;


static void
remove_dir(void)
{
    rmdir(dir);
}


/* Returns the length of the file, 0 where it cannot become one. */
static size_t
mend(size_t size)
{
    uint64_t               at, length;
    uint32_t               i;
    aud_section_t         *section;
    aud_segment_header_t  *header = (aud_segment_header_t *) file;

    memcpy(header->magic, AUD_SEGMENT_MAGIC, sizeof(header->magic));
    header->version = AUD_SEGMENT_VERSION;
    header->number = 1;
    header->reserved[0] = header->reserved[1] = 0;

    if (header->ncolumns > 64) {
        header->ncolumns %= 64;
    }

    header->nsections = header->ncolumns * AUD_COLUMN_SECTIONS + AUD_SECTIONS;
    section = (aud_section_t *) (header + 1);
    at = AUD_ALIGNED(sizeof(*header) + header->nsections * sizeof(*section));

    for (i = 0; i < header->nsections; i++, section++) {
        length = AUD_ALIGNED(section->length);

        if (section->length > MOST || at + length > MOST) {
            return 0;
        }

        section->offset = at;
        section->checksum = XXH3_64bits(file + at, length);
        at += length;
    }

    header->bytes = at;
    length = AUD_ALIGNED(sizeof(*header) + header->nsections
                                           * sizeof(*section));
    header->checksum = aud_checksum(header, file + sizeof(*header),
                                    length - sizeof(*header));
    return at;
}


static void
touch(const void *data, size_t len)
{
    size_t                i;
    const unsigned char  *p = data;

    for (i = 0; i < len; i++) {
        sink += p[i];
    }
}


static void walk_words(const aud_column_t *words);
static void walk_dense(const aud_column_t *c);


static void
walk_column(const aud_column_t *c)
{
    size_t     first;
    uint32_t   row, code, i, n, at;
    aud_str_t  text;

    if (c->typed > c->distinct || c->filled > c->rows) {
        abort();
    }

    for (row = 0; row < c->rows; row++) {
        n = aud_column_values(c, row, &first);

        if (aud_bit(c->present, row) != (n != 0)) {
            abort();
        }

        for (i = 0; i < n; i++) {
            code = aud_column_code_plus_one(c, first + i) - 1;
            text = aud_column_display(c, code);
            touch(text.data, text.len);
        }
    }

    for (code = 0; code < c->distinct; code++) {
        text = aud_column_folded(c, code);
        touch(text.data, text.len);

        for (at = c->posting_at[code]; at < c->posting_at[code + 1]; at++) {
            sink += aud_bit(c->present, c->postings[at]);
        }

        if (code < c->typed) {
            sink += c->dates ? (uint64_t) c->dates[code]
                             : (c->numbers[code] > 0);
        }
    }

    for (i = 0; c->ends && i < c->distinct; i++) {
        text = aud_column_folded(c, c->ends[i]);
        touch(text.data, text.len);
    }

    walk_dense(c);
    touch(c->below, c->nbelow * AUD_WORDS(c->rows) * sizeof(uint64_t));

    for (i = 0; i < c->nbelow; i++) {
        sink += c->posting_at[c->below_codes[i]];
    }

    if (c->words) {
        walk_words(c->words);
    }
}


static void
walk_words(const aud_column_t *words)
{
    uint32_t   code, at;
    aud_str_t  text;

    for (code = 0; code < words->distinct; code++) {
        text = aud_column_folded(words, code);
        touch(text.data, text.len);

        for (at = words->posting_at[code]; at < words->posting_at[code + 1];
             at++)
        {
            if (words->postings[at] >= words->rows) {
                abort();
            }
        }
    }

    walk_dense(words);
}


static void
walk_dense(const aud_column_t *c)
{
    uint32_t   i;
    aud_str_t  text;

    for (i = 0; i < c->ndense; i++) {
        touch(c->dense + i * AUD_WORDS(c->rows),
              AUD_WORDS(c->rows) * sizeof(uint64_t));
        text = aud_column_display(c, c->dense_codes[i]);
        touch(text.data, text.len);
    }
}


static void
walk(const aud_segment_t *s)
{
    size_t               i;
    uint32_t             column, row;
    aud_str_t            rest;
    aud_source_record_t  record;

    for (column = 0; column < s->ncolumns; column++) {

        if (aud_segment_column(s, s->columns[column].name)
            != &s->columns[column])
        {
            abort();
        }

        walk_column(&s->columns[column]);
    }

    for (row = 0; row < s->rows; row++) {
        if (aud_segment_row(s, &s->profiles[row]) != row) {
            abort();
        }

        rest = aud_segment_records(s, row);

        while (aud_source_record_read(&rest, &record) == 1) {
            touch(record.tax_document.data, record.tax_document.len);
            touch(record.phone.data, record.phone.len);
            touch(record.email.data, record.email.len);
            touch(record.name.data, record.name.len);
        }
    }

    for (i = 0; i < s->nidentifiers; i++) {
        touch(&s->profiles[s->identifiers[i].row], sizeof(aud_uuid_t));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             fd;
    char            name[AUD_SEGMENT_NAME_LEN + 1], path[128];
    aud_error_t     err;
    aud_segment_t  *s;
    static int      made;

    if (!made) {
        made = mkdtemp(dir) != NULL;
        atexit(remove_dir);
    }

    if (size < sizeof(aud_segment_header_t) || size > MOST) {
        return 0;
    }

    memset(file, 0, sizeof(file));
    memcpy(file, data, size);
    size = mend(size);

    if (size == 0) {
        return 0;
    }

    aud_segment_name(name, 1);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC, 0600);

    if (fd < 0 || write(fd, file, size) != (ssize_t) size) {
        abort();
    }

    close(fd);
    s = aud_segment_open(dir, 1, 0, &err);

    if (s) {
        walk(s);
        aud_segment_release(s);
    }

    unlink(path);
    return 0;
}
