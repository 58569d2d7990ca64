/*
 * A MANIFEST, or a file of audiences where the bytes begin like one: what
 * passes must not lead a reader outside the mapping.  Lengths and checksums are
 * computed again, so that mutations reach the checks behind them.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aud_audiences.h"
#include "aud_checksum.h"
#include "aud_manifest.h"
#include "manifest_writer.h"

#define MOST  (64 * 1024)

static char               dir[] = "/tmp/fuzz-manifest-XXXXXX";
static unsigned char      file[MOST];
static volatile uint64_t  sink;


static void
remove_file(const char *name)
{
    char  path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    unlink(path);
}


static void
remove_dir(void)
{
    remove_file("0000000000000002.aud");
    rmdir(dir);
}


/* Files are short and pages are not: that bytes can be read proves little. */
static void
touch(const char *map, size_t bytes, const void *data, size_t len)
{
    size_t       i;
    const char  *p = data;

    if (len && (p < map || p > map + bytes || len > map + bytes - p)) {
        abort();
    }

    for (i = 0; i < len; i++) {
        sink += p[i];
    }
}


static void
put_file(const char *name, size_t size)
{
    int   fd;
    char  path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC, 0600);

    if (fd < 0 || write(fd, file, size) != (ssize_t) size) {
        abort();
    }

    close(fd);
}


/* A file of two audiences, which the one at hand changes. */
static void
name_below(size_t size)
{
    aud_error_t             err;
    aud_audience_t          two[2] = { { .filter = AUD_STR("{}") },
                                       { .filter = AUD_STR("[]") } };
    aud_audiences_below_t  *below;

    below = (aud_audiences_below_t *) (file + AUD_HEADER_BYTES);

    if (size < AUD_HEADER_BYTES + sizeof(aud_audiences_below_t)) {
        return;
    }

    memset(two[0].id.bytes, '1', sizeof(two[0].id.bytes));
    memset(two[1].id.bytes, 'a', sizeof(two[1].id.bytes));
    below->number = 2;
    below->reserved = 0;

    if (manifest_write_audiences(dir, 2, two, 2, NULL, &below->checksum, &err)
        != 0)
    {
        abort();
    }
}


static void
fuzz_audiences(size_t size)
{
    char                     name[AUD_AUDIENCES_NAME_LEN + 1];
    size_t                   i;
    aud_error_t              err;
    aud_audiences_t         *a;
    aud_audiences_header_t  *header = (aud_audiences_header_t *) file;

    if (header->version & 1) {
        header->version = AUD_AUDIENCES_VERSION;

    } else {
        header->version = AUD_AUDIENCES_CHANGES;
        name_below(size);
    }

    header->number = 1;
    header->bytes = size;
    header->reserved = 0;
    header->checksum = aud_checksum(file, file + AUD_HEADER_BYTES,
                                    size - AUD_HEADER_BYTES);
    aud_audiences_name(name, 1);
    put_file(name, size);
    a = aud_audiences_open(dir, 1, 0, NULL, &err);

    for (i = 0; a && i < a->nput; i++) {
        touch(a->map, a->bytes, a->put[i].filter.data, a->put[i].filter.len);
        touch(a->map, a->bytes, a->put[i].members,
              a->put[i].nmembers * sizeof(aud_uuid_t));
    }

    if (a) {
        touch(a->map, a->bytes, a->dropped, a->ndropped * sizeof(aud_uuid_t));
    }

    for (i = 1; a && i < a->n; i++) {
        if (aud_uuid_compare(&a->audiences[i - 1].id, &a->audiences[i].id)
            >= 0)
        {
            abort();
        }
    }

    aud_audiences_release(a);
    remove_file(name);
}


static void
walk_segment(const aud_manifest_t *m, const aud_manifest_segment_t *segment)
{
    size_t     i;
    uint64_t  *words, count;

    /* A generation compares the rows to those of the segment before it makes
     * room for them. */
    if (segment->rows > 1 << 20) {
        return;
    }

    words = calloc(AUD_WORDS(segment->rows) + 1, sizeof(uint64_t));
    aud_manifest_struck(m, segment, words);
    count = 0;

    for (i = 0; i < AUD_WORDS(segment->rows); i++) {
        count += __builtin_popcountll(words[i]);
    }

    if (count != segment->nstruck) {
        abort();
    }

    free(words);
}


static void
fuzz_manifest(size_t size)
{
    uint32_t                i;
    aud_error_t             err;
    aud_manifest_t          m;
    aud_manifest_header_t  *header = (aud_manifest_header_t *) file;

    memcpy(header->magic, AUD_MANIFEST_MAGIC, sizeof(header->magic));
    header->version = AUD_MANIFEST_VERSION;
    header->bytes = size;
    header->checksum = aud_checksum(file, file + AUD_HEADER_BYTES,
                                    size - AUD_HEADER_BYTES);
    put_file("MANIFEST", size);

    if (aud_manifest_open(&m, dir, "MANIFEST", &err) == 0) {

        for (i = 0; i < m.header->nfields; i++) {
            touch(m.map, m.bytes, m.names + m.fields[i].name_at,
                  m.fields[i].name_len);
        }

        for (i = 0; i < m.header->nsegments; i++) {
            walk_segment(&m, &m.segments[i]);
        }

        aud_manifest_close(&m);
    }

    aud_generation_release(aud_generation_open(dir, NULL, NULL, &err));
    remove_file("MANIFEST");
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int  made;

    if (!made) {
        made = mkdtemp(dir) != NULL;
        atexit(remove_dir);
    }

    if (size < AUD_HEADER_BYTES || size > MOST) {
        return 0;
    }

    memcpy(file, data, size);

    if (memcmp(data, AUD_AUDIENCES_MAGIC, 6) == 0) {
        memcpy(file, AUD_AUDIENCES_MAGIC, 8);
        fuzz_audiences(size);

    } else {
        fuzz_manifest(size);
    }

    return 0;
}
