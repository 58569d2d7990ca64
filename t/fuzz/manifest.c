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

#define MOST  (64 * 1024)

static char               dir[] = "/tmp/fuzz-manifest-XXXXXX";
static unsigned char      file[MOST];
static volatile uint64_t  sink;


static void
remove_dir(void)
{
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


static void
remove_file(const char *name)
{
    char  path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    unlink(path);
}


static void
fuzz_audiences(size_t size)
{
    char                     name[AUD_AUDIENCES_NAME_LEN + 1];
    size_t                   i;
    aud_error_t              err;
    aud_audiences_t         *a;
    aud_audiences_header_t  *header = (aud_audiences_header_t *) file;

    header->version = AUD_AUDIENCES_VERSION;
    header->number = 1;
    header->bytes = size;
    header->reserved = 0;
    header->checksum = aud_checksum(file, file + AUD_HEADER_BYTES,
                                    size - AUD_HEADER_BYTES);
    aud_audiences_name(name, 1);
    put_file(name, size);
    a = aud_audiences_open(dir, 1, 0, &err);

    for (i = 0; a && i < a->n; i++) {
        touch(a->map, a->bytes, a->audiences[i].filter.data,
              a->audiences[i].filter.len);
        touch(a->map, a->bytes, a->audiences[i].members,
              a->audiences[i].nmembers * sizeof(aud_uuid_t));
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
