/*
 * A segment file: immutable columns of profiles, read by mapping it.
 *
 * One row is one profile, whole.  Rows are sorted by profile id.  The drawing
 * of the file is in docs/formats.md; worker/segment_writer.c writes it.
 *
 *   field          "time do coração"
 *   dictionary     code 0..distinct-1, one per distinct display text:
 *                    [0, typed)        values of the field's type, by value
 *                    [typed, distinct) all others, by folded text
 *                  within equals: by display text
 *   codes          for each row its code + 1, 0 for none; a multi-valued
 *                  column has code_at[row] .. code_at[row + 1] instead
 *   postings       the rows of code c, ascending:
 *                    postings[posting_at[c]] .. postings[posting_at[c + 1]]
 *   dense          besides, a flat bitmap for each code that at least one row
 *                  in 128 has
 *   present        flat bitmap of rows that have a value
 *   words          of many texts: a column of the words in them, with postings
 *                  and dense bitmaps and no more; a word is a run of letters
 *                  (aud_word_byte()) of folded texts
 *   ends           of many texts: their codes ordered by folded text backwards
 *   below          of numbers or dates, unless multi: for some codes a flat
 *                  bitmap of the rows that have a lower one
 *
 * Bitmaps are arrays of 64-bit little-endian words, row r at bit r % 64 of word
 * r / 64, zero past the last row, AUD_WORDS(rows) words, 64-byte aligned.
 *
 * A segment is reference counted; its memory is never written.  Any thread.
 */

#ifndef AUD_SEGMENT_H
#define AUD_SEGMENT_H

#include <stdint.h>

#include "aud_error.h"
#include "aud_id.h"
#include "aud_str.h"
#include "aud_value.h"

#define AUD_WORDS(rows)  (((size_t) (rows) + 63) / 64)
#define AUD_NO_CODE      UINT32_MAX

typedef struct aud_column_s  aud_column_t;

struct aud_column_s {
    aud_str_t        name;
    aud_type_t       type;
    aud_kind_t       kind;
    unsigned         multi:1;

    uint32_t         rows;
    uint32_t         filled;            /* rows with a value */
    uint32_t         distinct;          /* codes */
    uint32_t         typed;

    const uint64_t  *present;

    const double    *numbers;           /* [typed], NUMBER and YES_NO (0, 1) */
    const int64_t   *dates;             /* [typed], DATE: microseconds */
    const uint32_t  *display_at;        /* [distinct + 1] into display */
    const char      *display;
    const uint32_t  *folded_at;         /* [distinct + 1] into folded; the same
                                           arrays as display where no value
                                           folds to something else */
    const char      *folded;

    unsigned         code_width;        /* 1, 2 or 4 bytes */
    const void      *codes;
    const uint32_t  *code_at;           /* [rows + 1]; NULL unless multi */

    const uint32_t  *posting_at;        /* [distinct + 1] */
    const uint32_t  *postings;
    uint32_t         ndense;
    const uint32_t  *dense_codes;       /* [ndense], ascending */
    const uint64_t  *dense;             /* [ndense][AUD_WORDS(rows)] */

    const aud_column_t  *words;         /* NULL: not kept; without order,
                                           present, codes and code_at */
    const uint32_t      *ends;          /* [distinct], or NULL */

    uint32_t             nbelow;
    const uint32_t      *below_codes;   /* [nbelow], ascending, not 0 */
    const uint64_t      *below;         /* [nbelow][AUD_WORDS(rows)] */
};

/* One entry of the identifier index, sorted by hash, then row: each value that
 * links of each source record of a row, and each record itself. */
typedef struct {
    uint64_t  hash;                     /* aud_identifier_hash() */
    uint32_t  row;
    uint32_t  kind;                     /* aud_identifier_kind_t */
} aud_identifier_t;

typedef enum {
    AUD_IDENTIFIER_PHONE = 1,
    AUD_IDENTIFIER_EMAIL = 2,
    AUD_IDENTIFIER_TAX_DOCUMENT = 3,
    AUD_IDENTIFIER_RECORD = 4           /* a ref, its eight bytes as they lie */
} aud_identifier_kind_t;

typedef struct {
    uint64_t                 number;        /* names the file */
    uint32_t                 rows;
    uint32_t                 ncolumns;
    const aud_column_t      *columns;       /* sorted by name, bytewise */
    const aud_uuid_t        *profiles;      /* [rows], ascending */
    const aud_identifier_t  *identifiers;
    size_t                   nidentifiers;
    const uint64_t          *record_at;     /* [rows + 1] into records */
    const char              *records;       /* aud_source_record.h */
    uint64_t                 checksum;      /* of the file's header */
    size_t                   bytes;
} aud_segment_t;

#define AUD_SEGMENT_NAME_LEN  (16 + 4)

/* "000000000000002a.seg" */
void aud_segment_name(char out[AUD_SEGMENT_NAME_LEN + 1], uint64_t number);

/*
 * Maps dir/<name>, checks header, bounds of every section and all checksums,
 * and that the header's own checksum is the expected one (0: any).  Nothing
 * of a file that passes can lead a reader outside its mapping.
 */
aud_segment_t *aud_segment_open(const char *dir, uint64_t number,
    uint64_t checksum, aud_error_t *err);
aud_segment_t *aud_segment_retain(aud_segment_t *s);
void           aud_segment_release(aud_segment_t *s);

/* NULL where the segment has no such column. */
const aud_column_t *aud_segment_column(const aud_segment_t *s, aud_str_t name);

/* The row of a profile, or AUD_NO_CODE. */
uint32_t aud_segment_row(const aud_segment_t *s, const aud_uuid_t *profile);

uint64_t aud_identifier_hash(aud_identifier_kind_t kind, aud_str_t value);

static inline aud_str_t
aud_column_display(const aud_column_t *c, uint32_t code)
{
    return aud_str(c->display + c->display_at[code],
                   c->display_at[code + 1] - c->display_at[code]);
}

static inline aud_str_t
aud_column_folded(const aud_column_t *c, uint32_t code)
{
    return aud_str(c->folded + c->folded_at[code],
                   c->folded_at[code + 1] - c->folded_at[code]);
}

/* code + 1 at position i of codes. */
static inline uint32_t
aud_column_code_plus_one(const aud_column_t *c, size_t i)
{
    switch (c->code_width) {
    case 1:  return ((const uint8_t *) c->codes)[i];
    case 2:  return ((const uint16_t *) c->codes)[i];
    default: return ((const uint32_t *) c->codes)[i];
    }
}

/* The codes of a row: *first and count, positions in codes. */
static inline uint32_t
aud_column_values(const aud_column_t *c, uint32_t row, size_t *first)
{
    if (c->code_at) {
        *first = c->code_at[row];
        return c->code_at[row + 1] - c->code_at[row];
    }

    *first = row;
    return aud_column_code_plus_one(c, row) != 0;
}

static inline int
aud_bit(const uint64_t *words, uint32_t row)
{
    return (words[row >> 6] >> (row & 63)) & 1;
}

#endif
