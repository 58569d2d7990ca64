/*
 * How a segment file lies on disk; drawn in docs/formats.md.
 *
 *   +--------------------+ 0
 *   | header             |   64 bytes
 *   | section table      |   ncolumns * AUD_COLUMN_SECTIONS + AUD_SECTIONS
 *   +--------------------+   entries; zeros up to the next multiple of 64
 *   | sections of        |
 *   | column 0, 1 …      |   each section begins at a multiple of 64, right
 *   +--------------------+   behind the one before it, and is filled up with
 *   | profiles           |   zeros, which its checksum covers
 *   | identifiers        |
 *   | records at, records|
 *   | columns, names     |
 *   +--------------------+ header.bytes
 *
 * The place of an entry in the table says what its section is; one that a
 * column does without has length 0.  The header's checksum covers the table,
 * and so, through the checksums there, every byte of the file.  All numbers are
 * little-endian.  Shared by aud_segment.c and worker/segment_writer.c.
 */

#ifndef AUD_SEGMENT_FORMAT_H
#define AUD_SEGMENT_FORMAT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "segment files are mapped as they are: little-endian machines only"
#endif

#define AUD_SEGMENT_MAGIC    "AUDSEG\r\n"       /* 8 bytes, without the NUL */
#define AUD_SEGMENT_VERSION  2
#define AUD_SECTION_ALIGN    64

#define AUD_ALIGNED(n)                                                        \
    (((uint64_t) (n) + AUD_SECTION_ALIGN - 1)                                 \
     & ~(uint64_t) (AUD_SECTION_ALIGN - 1))

typedef struct {
    char      magic[8];
    uint32_t  version;
    uint32_t  rows;
    uint64_t  number;           /* the one in the file's name */
    uint64_t  bytes;            /* of the whole file */
    uint32_t  ncolumns;
    uint32_t  nsections;        /* entries of the table */
    uint64_t  reserved[2];      /* 0 */
    uint64_t  checksum;         /* aud_checksum() up to the first section */
} aud_segment_header_t;

typedef struct {
    uint64_t  offset;
    uint64_t  length;           /* without the zeros behind */
    uint64_t  checksum;         /* XXH3-64 with the zeros behind */
} aud_section_t;

typedef enum {
    AUD_SECTION_PROFILES = 0,   /* aud_uuid_t [rows] */
    AUD_SECTION_IDENTIFIERS,    /* aud_identifier_t, by hash, then row */
    AUD_SECTION_RECORD_AT,      /* u64 [rows + 1] */
    AUD_SECTION_RECORDS,        /* aud_source_record.h, by row, then ref */
    AUD_SECTION_COLUMNS,        /* aud_column_record_t [ncolumns], by name */
    AUD_SECTION_NAMES,          /* text of the columns' names */
    AUD_SECTIONS
} aud_section_kind_t;

typedef enum {                  /* types: see aud_column_t */
    AUD_COLUMN_PRESENT = 0,
    AUD_COLUMN_TYPED,           /* numbers or dates */
    AUD_COLUMN_DISPLAY_AT,
    AUD_COLUMN_DISPLAY,
    AUD_COLUMN_FOLDED_AT,       /* empty with FOLDED: the same as DISPLAY */
    AUD_COLUMN_FOLDED,
    AUD_COLUMN_CODES,
    AUD_COLUMN_CODE_AT,         /* empty unless multi */
    AUD_COLUMN_POSTING_AT,
    AUD_COLUMN_POSTINGS,
    AUD_COLUMN_DENSE_CODES,
    AUD_COLUMN_DENSE,
    AUD_COLUMN_WORD_AT,         /* empty with the next five: no words kept */
    AUD_COLUMN_WORDS,
    AUD_COLUMN_WORD_POSTING_AT,
    AUD_COLUMN_WORD_POSTINGS,
    AUD_COLUMN_WORD_DENSE_CODES,
    AUD_COLUMN_WORD_DENSE,
    AUD_COLUMN_ENDS,            /* empty: not kept */
    AUD_COLUMN_BELOW_CODES,     /* empty with the next: not kept */
    AUD_COLUMN_BELOW,
    AUD_COLUMN_SECTIONS
} aud_column_section_t;

typedef struct {
    uint32_t  name_at;          /* in NAMES */
    uint32_t  name_len;
    uint32_t  filled;
    uint32_t  distinct;
    uint32_t  typed;
    uint32_t  ndense;
    uint8_t   type;
    uint8_t   kind;
    uint8_t   multi;
    uint8_t   code_width;
    uint32_t  reserved;         /* 0 */
} aud_column_record_t;

_Static_assert(sizeof(aud_segment_header_t) == 64, "header is 64 bytes");
_Static_assert(sizeof(aud_section_t) == 24, "section entry is 24 bytes");
_Static_assert(sizeof(aud_column_record_t) == 32, "column record is 32 bytes");

#endif
