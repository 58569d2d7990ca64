#define XXH_INLINE_ALL
#include <xxhash.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_checksum.h"
#include "aud_column_bind.h"
#include "aud_mapping.h"
#include "aud_segment_check.h"
#include "aud_segment_format.h"

typedef struct {
    aud_segment_t          segment;     /* first: what callers hold */
    atomic_uint            references;
    const char            *map;
    const aud_section_t   *sections;    /* of columns, then … */
    const aud_section_t   *globals;
    aud_column_t           columns[];   /* [ncolumns], then their words */
} mapped_segment_t;

static mapped_segment_t *create(const char *map);
static const char       *check_header(const char *map, size_t bytes,
    uint64_t number);
static const char       *check_sections(const char *map);
static const char       *bind_rows(mapped_segment_t *m);
static const char       *bind_columns(mapped_segment_t *m);


void
aud_segment_name(char out[AUD_SEGMENT_NAME_LEN + 1], uint64_t number)
{
    snprintf(out, AUD_SEGMENT_NAME_LEN + 1, "%016" PRIx64 ".seg", number);
}


aud_segment_t *
aud_segment_open(const char *dir, uint64_t number, uint64_t checksum,
    aud_error_t *err)
{
    char                         name[AUD_SEGMENT_NAME_LEN + 1];
    size_t                       bytes;
    const char                  *map, *wrong;
    mapped_segment_t            *m;
    const aud_segment_header_t  *header;

    aud_segment_name(name, number);
    map = aud_map_file(dir, name, sizeof(aud_segment_header_t), &bytes, err);

    if (map == NULL) {
        return NULL;
    }

    m = NULL;
    header = (const aud_segment_header_t *) map;
    wrong = check_header(map, bytes, number);

    if (wrong == NULL && checksum != 0 && header->checksum != checksum) {
        wrong = "it is not the file that the manifest names";
    }

    if (wrong == NULL) {
        wrong = check_sections(map);
    }

    if (wrong == NULL) {
        m = create(map);
        wrong = m ? bind_rows(m) : "memory is out";
    }

    if (wrong == NULL) {
        wrong = bind_columns(m);
    }

    if (wrong) {
        aud_error_set(err, "%s/%s is unusable: %s", dir, name, wrong);
        aud_unmap(map, bytes);
        aud_free(m);
        return NULL;
    }

    return &m->segment;
}


aud_segment_t *
aud_segment_retain(aud_segment_t *s)
{
    atomic_fetch_add_explicit(&((mapped_segment_t *) s)->references, 1,
                              memory_order_relaxed);
    return s;
}


void
aud_segment_release(aud_segment_t *s)
{
    mapped_segment_t  *m = (mapped_segment_t *) s;

    if (s == NULL
        || atomic_fetch_sub_explicit(&m->references, 1, memory_order_acq_rel)
           != 1)
    {
        return;
    }

    aud_unmap(m->map, s->bytes);
    aud_free(m);
}


const aud_column_t *
aud_segment_column(const aud_segment_t *s, aud_str_t name)
{
    int       order;
    uint32_t  low, high, middle;

    low = 0;
    high = s->ncolumns;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = aud_str_compare(s->columns[middle].name, name);

        if (order == 0) {
            return &s->columns[middle];
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return NULL;
}


uint32_t
aud_segment_row(const aud_segment_t *s, const aud_uuid_t *profile)
{
    int       order;
    uint32_t  low, high, middle;

    low = 0;
    high = s->rows;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = aud_uuid_compare(&s->profiles[middle], profile);

        if (order == 0) {
            return middle;
        }

        if (order < 0) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return AUD_NO_CODE;
}


/* The kind is the seed, so that equal text of two kinds does not collide. */
uint64_t
aud_identifier_hash(aud_identifier_kind_t kind, aud_str_t value)
{
    return XXH3_64bits_withSeed(value.data, value.len, kind);
}


static mapped_segment_t *
create(const char *map)
{
    mapped_segment_t            *m;
    const aud_segment_header_t  *header = (const aud_segment_header_t *) map;

    m = aud_calloc(1, sizeof(mapped_segment_t)
                      + (size_t) header->ncolumns * 2 * sizeof(aud_column_t));
    if (m == NULL) {
        return NULL;
    }

    atomic_init(&m->references, 1);
    m->map = map;
    m->sections = (const aud_section_t *) (header + 1);
    m->globals = m->sections + header->nsections - AUD_SECTIONS;
    m->segment.number = header->number;
    m->segment.rows = header->rows;
    m->segment.ncolumns = header->ncolumns;
    m->segment.columns = m->columns;
    m->segment.checksum = header->checksum;
    m->segment.bytes = header->bytes;

    return m;
}


static const char *
check_header(const char *map, size_t bytes, uint64_t number)
{
    uint64_t                     table;
    const aud_segment_header_t  *header = (const aud_segment_header_t *) map;

    if (memcmp(header->magic, AUD_SEGMENT_MAGIC, sizeof(header->magic)) != 0) {
        return "it is no segment file";
    }

    if (header->version != AUD_SEGMENT_VERSION) {
        return "its version is another one";
    }

    if (header->bytes != bytes) {
        return "its length is not what it says";
    }

    if (header->nsections != AUD_SECTIONS
                             + (uint64_t) header->ncolumns * AUD_COLUMN_SECTIONS
        || header->rows == UINT32_MAX)
    {
        return "its header does not add up";
    }

    table = AUD_ALIGNED(sizeof(aud_segment_header_t)
                        + (uint64_t) header->nsections * sizeof(aud_section_t));

    if (table > bytes) {
        return "its section table is cut off";
    }

    if (aud_checksum(map, map + AUD_HEADER_BYTES, table - AUD_HEADER_BYTES)
        != header->checksum)
    {
        return "the checksum of its header is wrong";
    }

    if (header->number != number || header->reserved[0] || header->reserved[1])
    {
        return "its header does not fit its name";
    }

    return NULL;
}


/* Sections lie back to back, so none can overlap or leave the file. */
static const char *
check_sections(const char *map)
{
    uint32_t                     i;
    uint64_t                     at, length;
    const aud_section_t         *section;
    const aud_segment_header_t  *header = (const aud_segment_header_t *) map;

    section = (const aud_section_t *) (header + 1);
    at = AUD_ALIGNED(sizeof(aud_segment_header_t)
                     + (uint64_t) header->nsections * sizeof(aud_section_t));

    for (i = 0; i < header->nsections; i++, section++) {

        if (section->offset != at || section->length > header->bytes - at) {
            return "a section is out of place";
        }

        length = AUD_ALIGNED(section->length);

        if (length > header->bytes - at) {
            return "a section is cut off";
        }

        if (XXH3_64bits(map + at, length) != section->checksum) {
            return "the checksum of a section is wrong";
        }

        at += length;
    }

    return at == header->bytes ? NULL : "bytes follow its last section";
}


static const char *
bind_rows(mapped_segment_t *m)
{
    const char           *wrong;
    aud_segment_t        *s = &m->segment;
    const aud_section_t  *profiles, *identifiers, *record_at, *records;

    profiles = &m->globals[AUD_SECTION_PROFILES];
    identifiers = &m->globals[AUD_SECTION_IDENTIFIERS];
    record_at = &m->globals[AUD_SECTION_RECORD_AT];
    records = &m->globals[AUD_SECTION_RECORDS];

    if (profiles->length != (uint64_t) s->rows * sizeof(aud_uuid_t)
        || identifiers->length % sizeof(aud_identifier_t) != 0
        || record_at->length != ((uint64_t) s->rows + 1) * sizeof(uint64_t))
    {
        return "the length of a section is wrong";
    }

    s->profiles = (const aud_uuid_t *) (m->map + profiles->offset);
    s->identifiers = (const aud_identifier_t *) (m->map + identifiers->offset);
    s->nidentifiers = identifiers->length / sizeof(aud_identifier_t);
    s->record_at = (const uint64_t *) (m->map + record_at->offset);
    s->records = m->map + records->offset;

    wrong = aud_profiles_check(s->profiles, s->rows);

    if (wrong == NULL) {
        wrong = aud_identifiers_check(s->identifiers, s->nidentifiers,
                                      s->rows);
    }

    return wrong ? wrong : aud_records_check(s->record_at, s->rows,
                                             records->length);
}


static const char *
bind_columns(mapped_segment_t *m)
{
    uint32_t                    i;
    const char                 *wrong;
    const aud_section_t        *columns;
    const aud_column_record_t  *records;

    columns = &m->globals[AUD_SECTION_COLUMNS];

    if (columns->length
        != (uint64_t) m->segment.ncolumns * sizeof(aud_column_record_t))
    {
        return "the length of a section is wrong";
    }

    records = (const aud_column_record_t *) (m->map + columns->offset);

    for (i = 0; i < m->segment.ncolumns; i++) {
        wrong = aud_column_bind(m->map, m->segment.rows,
                                &m->globals[AUD_SECTION_NAMES], &records[i],
                                &m->sections[i * (size_t) AUD_COLUMN_SECTIONS],
                                &m->columns[i],
                                &m->columns[m->segment.ncolumns + i]);
        if (wrong) {
            return wrong;
        }

        if (i && aud_str_compare(m->columns[i - 1].name, m->columns[i].name)
                 >= 0)
        {
            return "the order of the columns";
        }
    }

    return NULL;
}
