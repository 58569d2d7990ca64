/*
 * Source records as they are stored.
 */

#include <lz4.h>

#include "records.h"


/* Bytes of the longest varint. */
#define VARINT_MAX  10

/* Bytes before packed ones. */
#define PACKED_HEADER  5

/* LZ4 makes no more bytes of one. */
#define PACKED_RATIO  255

/* Bytes before each line in version 1. */
#define RECORDS_PROFILE  16


static char *record_varint(char *p, uint64_t value);
static char *record_text(char *p, aud_str_t text);
static inline int record_read_varint(aud_str_t block, size_t *at,
    uint64_t *value);
static int record_read_long(aud_str_t block, size_t *at, uint64_t *value);
static inline int record_read_text(aud_str_t block, size_t *at, aud_str_t *text);
static void record_u32(char *p, uint32_t v);
static uint32_t record_read_u32(const char *p);


void
record_block_begin(record_block_t *block, uint32_t columns)
{
    char  header[RECORDS_HEADER] = { RECORDS_VERSION };

    memset(block, 0, sizeof(record_block_t));
    block->columns = columns;
    aud_buffer_add(&block->bytes, header, sizeof(header));
}


void
record_block_free(record_block_t *block)
{
    aud_buffer_free(&block->bytes);
    block->rows = 0;
}


void
record_block_add(record_block_t *block, uint32_t line, aud_str_t phone,
    const aud_str_t *cells)
{
    char          *p;
    size_t         most;
    uint32_t       i;
    aud_buffer_t  *out;

    out = &block->bytes;
    most = VARINT_MAX + VARINT_MAX + phone.len;

    for (i = 0; i < block->columns; i++) {
        most += VARINT_MAX + cells[i].len;
    }

    aud_buffer_reserve(out, most);

    if (out->failed) {
        return;
    }

    if (block->rows == 0) {
        block->line = line;
    }

    p = record_varint(out->data + out->len, line);
    p = record_text(p, phone);

    for (i = 0; i < block->columns; i++) {
        p = record_text(p, cells[i]);
    }

    out->len = p - out->data;
    block->rows++;
}


void
record_block_finish(record_block_t *block)
{
    if (block->bytes.failed) {
        return;
    }

    record_u32(block->bytes.data + 1, block->rows);
    record_u32(block->bytes.data + 5, block->columns);
}


void
record_block_pack(aud_buffer_t *out, aud_str_t block)
{
    int     packed = 0, most;
    char   *p;

    most = block.len <= LZ4_MAX_INPUT_SIZE ? LZ4_compressBound(block.len) : 0;
    aud_buffer_reserve(out, PACKED_HEADER + most);

    if (out->failed) {
        return;
    }

    p = out->data + out->len;

    if (most) {
        packed = LZ4_compress_default(block.data, p + PACKED_HEADER, block.len,
                                      most);
    }

    if (packed <= 0 || PACKED_HEADER + (size_t) packed >= block.len) {
        aud_buffer_add(out, block.data, block.len);
        return;
    }

    p[0] = RECORDS_PACKED;
    record_u32(p + 1, block.len);
    out->len += PACKED_HEADER + packed;
}


int
record_block_unpack(aud_buffer_t *out, aud_str_t stored, aud_error_t *err)
{
    size_t  len, packed;

    if (stored.len == 0 || stored.data[0] != RECORDS_PACKED) {
        aud_buffer_add(out, stored.data, stored.len);
        return out->failed ? aud_error_set(err, "out of memory") : 0;
    }

    if (stored.len < PACKED_HEADER || stored.len > LZ4_MAX_INPUT_SIZE) {
        return aud_error_set(err, "a block of source records is cut off");
    }

    len = record_read_u32(stored.data + 1);
    packed = stored.len - PACKED_HEADER;

    if (len > LZ4_MAX_INPUT_SIZE || len / PACKED_RATIO > packed) {
        return aud_error_set(err, "a block of source records is damaged");
    }

    aud_buffer_reserve(out, len);

    if (out->failed) {
        return aud_error_set(err, "out of memory");
    }

    if (LZ4_decompress_safe(stored.data + PACKED_HEADER, out->data + out->len,
                            packed, len)
        != (int) len)
    {
        return aud_error_set(err, "a block of source records is damaged");
    }

    out->len += len;

    return 0;
}


int
record_reader_open(record_reader_t *reader, aud_str_t block, uint32_t columns,
    aud_error_t *err)
{
    if (block.len < RECORDS_HEADER) {
        return aud_error_set(err, "a block of source records is cut off");
    }

    if (block.data[0] != 1 && block.data[0] != RECORDS_VERSION) {
        return aud_error_set(err, "a block of source records has version %d",
                             block.data[0]);
    }

    reader->block = block;
    reader->at = RECORDS_HEADER;
    reader->rows = record_read_u32(block.data + 1);
    reader->columns = record_read_u32(block.data + 5);
    reader->row = 0;

    if (reader->columns != columns) {
        return aud_error_set(err, "a block of source records has %u columns "
                             "where its import has %u", reader->columns,
                             columns);
    }

    return 0;
}


int
record_reader_next(record_reader_t *reader, record_t *record, aud_str_t *cells,
    aud_error_t *err)
{
    if (reader->row == reader->rows) {
        if (reader->at != reader->block.len) {
            return aud_error_set(err, "a block of source records goes on "
                                 "behind its last row");
        }

        return 0;
    }

    if (record_read(reader->block, &reader->at, reader->columns, record, cells)
        != 0)
    {
        return aud_error_set(err, "row %u of a block of source records is cut "
                             "off", reader->row);
    }

    reader->row++;

    return 1;
}


int
record_read(aud_str_t block, size_t *at, uint32_t columns, record_t *record,
    aud_str_t *cells)
{
    uint32_t  i;

    if (*at > block.len) {
        return -1;
    }

    if (block.data[0] == 1) {
        if (block.len - *at < RECORDS_PROFILE) {
            return -1;
        }

        *at += RECORDS_PROFILE;
    }

    if (record_read_varint(block, at, &record->line) != 0
        || record_read_text(block, at, &record->phone) != 0)
    {
        return -1;
    }

    for (i = 0; i < columns; i++) {
        if (record_read_text(block, at, &cells[i]) != 0) {
            return -1;
        }
    }

    record->cells = cells;

    return 0;
}


/* Both give where the next byte goes. */

static char *
record_varint(char *p, uint64_t value)
{
    while (value >= 0x80) {
        *p++ = 0x80 | (value & 0x7f);
        value >>= 7;
    }

    *p++ = value;

    return p;
}


static char *
record_text(char *p, aud_str_t text)
{
    p = record_varint(p, text.len);

    if (text.len) {
        memcpy(p, text.data, text.len);
    }

    return p + text.len;
}


static inline int
record_read_varint(aud_str_t block, size_t *at, uint64_t *value)
{
    if (*at < block.len && (signed char) block.data[*at] >= 0) {
        *value = block.data[(*at)++];
        return 0;
    }

    return record_read_long(block, at, value);
}


static int
record_read_long(aud_str_t block, size_t *at, uint64_t *value)
{
    uint8_t   byte;
    unsigned  shift;

    *value = 0;

    for (shift = 0; shift < 64; shift += 7) {
        if (*at >= block.len) {
            return -1;
        }

        byte = block.data[(*at)++];

        if (shift == 63 && byte > 1) {
            return -1;
        }

        *value |= (uint64_t) (byte & 0x7f) << shift;

        if (byte < 0x80) {
            return 0;
        }
    }

    return -1;
}


static inline int
record_read_text(aud_str_t block, size_t *at, aud_str_t *text)
{
    uint64_t  len;

    if (record_read_varint(block, at, &len) != 0 || len > block.len - *at) {
        return -1;
    }

    *text = aud_str(block.data + *at, len);
    *at += len;

    return 0;
}


static void
record_u32(char *p, uint32_t v)
{
    p[0] = v >> 24;
    p[1] = v >> 16;
    p[2] = v >> 8;
    p[3] = v;
}


static uint32_t
record_read_u32(const char *p)
{
    const uint8_t  *b = (const uint8_t *) p;

    return (uint32_t) b[0] << 24 | (uint32_t) b[1] << 16
           | (uint32_t) b[2] << 8 | b[3];
}
