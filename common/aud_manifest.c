#include <unistd.h>

#include "aud_checksum.h"
#include "aud_manifest.h"
#include "aud_mapping.h"

static const char  *check(aud_manifest_t *m);
static const char  *check_fields(const aud_manifest_t *m);
static const char  *check_segments(const aud_manifest_t *m, uint64_t from,
    uint64_t to);
static const char  *check_struck(const aud_manifest_t *m,
    const aud_manifest_segment_t *segment);


static inline uint64_t
struck_bytes(const aud_manifest_segment_t *segment)
{
    switch (segment->form) {
    case AUD_STRUCK_BITMAP:
        return AUD_WORDS(segment->rows) * sizeof(uint64_t);
    case AUD_STRUCK_ROWS:
        return ((uint64_t) segment->nstruck * sizeof(uint32_t) + 7)
               & ~(uint64_t) 7;
    default:
        return 0;
    }
}


int
aud_manifest_open(aud_manifest_t *m, const char *dir, const char *name,
    aud_error_t *err)
{
    const char  *wrong;

    m->map = aud_map_file(dir, name, sizeof(aud_manifest_header_t), &m->bytes,
                          err);
    if (m->map == NULL) {
        return -1;
    }

    wrong = check(m);

    if (wrong) {
        aud_manifest_close(m);
        return aud_error_set(err, "%s/%s is unusable: %s", dir, name, wrong);
    }

    return 0;
}


void
aud_manifest_close(aud_manifest_t *m)
{
    aud_unmap(m->map, m->bytes);
    m->map = NULL;
}


uint64_t
aud_manifest_content(int fd)
{
    aud_manifest_header_t  header;

    if (pread(fd, &header, sizeof(header), 0) != sizeof(header)
        || memcmp(header.magic, AUD_MANIFEST_MAGIC, sizeof(header.magic)) != 0
        || header.version != AUD_MANIFEST_VERSION
        || header.alike >= header.number)
    {
        return 0;
    }

    return header.number - header.alike;
}


void
aud_manifest_struck(const aud_manifest_t *m,
    const aud_manifest_segment_t *segment, uint64_t *words)
{
    uint32_t         i;
    const char      *struck;
    const uint32_t  *rows;

    struck = m->map + segment->struck_at;

    if (segment->form == AUD_STRUCK_BITMAP) {
        memcpy(words, struck, struck_bytes(segment));

    } else if (segment->form == AUD_STRUCK_ROWS) {
        rows = (const uint32_t *) struck;

        for (i = 0; i < segment->nstruck; i++) {
            words[rows[i] >> 6] |= (uint64_t) 1 << (rows[i] & 63);
        }
    }
}


static const char *
check(aud_manifest_t *m)
{
    uint64_t                      rest, fields, segments;
    const char                   *wrong;
    const aud_manifest_header_t  *header;

    header = (const aud_manifest_header_t *) m->map;
    m->header = header;

    if (memcmp(header->magic, AUD_MANIFEST_MAGIC, sizeof(header->magic)) != 0
        || header->version != AUD_MANIFEST_VERSION
        || header->bytes != m->bytes)
    {
        return "it is no manifest";
    }

    rest = m->bytes - AUD_HEADER_BYTES;

    if (aud_checksum(m->map, m->map + AUD_HEADER_BYTES, rest)
        != header->checksum)
    {
        return "its checksum is wrong";
    }

    if (header->alike && header->alike >= header->number) {
        return "its header does not add up";
    }

    fields = (uint64_t) header->nfields * sizeof(aud_manifest_field_t);
    segments = (uint64_t) header->nsegments * sizeof(aud_manifest_segment_t);

    if (fields > rest
        || segments > rest - fields
        || header->names_len > rest - fields - segments)
    {
        return "its header does not add up";
    }

    m->fields = (const aud_manifest_field_t *) (header + 1);
    m->segments = (const aud_manifest_segment_t *)
                  (m->fields + header->nfields);
    m->names = m->map + m->bytes - header->names_len;

    wrong = check_fields(m);

    return wrong ? wrong
                 : check_segments(m, AUD_HEADER_BYTES + fields + segments,
                                  m->bytes - header->names_len);
}


static const char *
check_fields(const aud_manifest_t *m)
{
    uint32_t                     i;
    aud_str_t                    name, before;
    const aud_manifest_field_t  *field;

    before = aud_str(NULL, 0);

    for (i = 0; i < m->header->nfields; i++) {
        field = &m->fields[i];

        if (field->name_at > m->header->names_len
            || field->name_len > m->header->names_len - field->name_at
            || field->type >= AUD_TYPE_COUNT
            || field->kind >= AUD_KIND_COUNT
            || field->multi > 1)
        {
            return "a field does not add up";
        }

        name = aud_str(m->names + field->name_at, field->name_len);

        if (i && aud_str_compare(before, name) >= 0) {
            return "the order of its fields";
        }

        before = name;
    }

    return NULL;
}


/* Struck rows lie back to back in [from, to). */
static const char *
check_segments(const aud_manifest_t *m, uint64_t from, uint64_t to)
{
    uint32_t                       i;
    uint64_t                       bytes;
    const char                    *wrong;
    const aud_manifest_segment_t  *segment;

    for (i = 0; i < m->header->nsegments; i++) {
        segment = &m->segments[i];
        bytes = struck_bytes(segment);

        if (segment->form > AUD_STRUCK_ROWS
            || segment->struck_at != from
            || bytes > to - from
            || segment->rows == UINT32_MAX
            || segment->nstruck > segment->rows)
        {
            return "a segment does not add up";
        }

        if (i && m->segments[i - 1].number >= segment->number) {
            return "the order of its segments";
        }

        wrong = check_struck(m, segment);

        if (wrong) {
            return wrong;
        }

        from += bytes;
    }

    return from == to ? NULL : "bytes that nothing speaks of";
}


static const char *
check_struck(const aud_manifest_t *m, const aud_manifest_segment_t *segment)
{
    size_t           i;
    uint64_t         count;
    const uint32_t  *rows;
    const uint64_t  *words;

    switch (segment->form) {

    case AUD_STRUCK_NONE:
        return segment->nstruck ? "its struck rows are missing" : NULL;

    case AUD_STRUCK_ROWS:
        rows = (const uint32_t *) (m->map + segment->struck_at);

        for (i = 0; i < segment->nstruck; i++) {
            if (rows[i] >= segment->rows || (i && rows[i - 1] >= rows[i])) {
                return "a struck row is out of place";
            }
        }

        return NULL;

    default:
        words = (const uint64_t *) (m->map + segment->struck_at);
        count = 0;

        for (i = 0; i < AUD_WORDS(segment->rows); i++) {
            count += __builtin_popcountll(words[i]);
        }

        if (count != segment->nstruck
            || (segment->rows % 64
                && words[segment->rows / 64] >> (segment->rows % 64)))
        {
            return "a struck row is out of place";
        }

        return NULL;
    }
}
