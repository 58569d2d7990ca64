#include <math.h>

#include "aud_segment_check.h"
#include "aud_words.h"

/* Long scans are worth vector instructions, which -O2 alone does not give. */
#if defined(__GNUC__) && !defined(__clang__)
#define SCAN  __attribute__((optimize("O3"), noinline))
#else
#define SCAN
#endif

static int         ascending(const uint32_t *at, size_t n, size_t last);
static int         bits_within(const uint64_t *words, uint32_t rows);
static size_t      bits_set(const uint64_t *words, uint32_t rows);
static int         codes_in_range(const aud_column_t *c, size_t n);
static int         rows_below(const uint32_t *rows, size_t n, uint32_t limit);
static uint64_t    descents(const uint32_t *rows, size_t n);
static uint64_t    codes_present(const aud_column_t *c, uint32_t row,
    unsigned n);
static int         presence_agrees(const aud_column_t *c);
static const char *postings_check(const aud_column_t *c, size_t n);
static const char *below_check(const aud_column_t *c);
static const char *dense_check(const aud_column_t *c);
static const char *typed_check(const aud_column_t *c);
static int         text_in_order(const aud_column_t *c);


const char *
aud_column_check(const aud_column_t *c, const aud_column_extent_t *extent)
{
    const char  *wrong;

    if (!ascending(c->display_at, c->distinct, extent->display)
        || !ascending(c->folded_at, c->distinct, extent->folded))
    {
        return "offsets of the dictionary";
    }

    if (c->code_at && !ascending(c->code_at, c->rows, extent->codes)) {
        return "offsets of the codes";
    }

    if (!codes_in_range(c, extent->codes)) {
        return "a code out of range";
    }

    if (!bits_within(c->present, c->rows)
        || bits_set(c->present, c->rows) != c->filled
        || !presence_agrees(c))
    {
        return "the presence bitmap";
    }

    if (extent->postings != (c->code_at ? c->code_at[c->rows] : c->filled)) {
        return "the number of postings";
    }

    if (c->ends && !rows_below(c->ends, c->distinct, c->distinct)) {
        return "the ends";
    }

    wrong = postings_check(c, extent->postings);

    if (wrong == NULL) {
        wrong = dense_check(c);
    }

    if (wrong == NULL) {
        wrong = below_check(c);
    }

    if (wrong == NULL) {
        wrong = typed_check(c);
    }

    if (wrong == NULL && !text_in_order(c)) {
        wrong = "the order of the dictionary";
    }

    return wrong;
}


const char *
aud_words_check(const aud_column_t *words, size_t text, size_t postings)
{
    const char  *wrong;

    if (!ascending(words->display_at, words->distinct, text)) {
        return "offsets of the words";
    }

    wrong = postings_check(words, postings);

    return wrong ? wrong : dense_check(words);
}


const char *
aud_profiles_check(const aud_uuid_t *profiles, uint32_t rows)
{
    uint32_t  i;

    for (i = 1; i < rows; i++) {
        if (aud_uuid_compare(&profiles[i - 1], &profiles[i]) >= 0) {
            return "the order of the profiles";
        }
    }

    return NULL;
}


const char *
aud_identifiers_check(const aud_identifier_t *ids, size_t n, uint32_t rows)
{
    size_t    i;
    uint32_t  bad;

    bad = 0;

    for (i = 0; i < n; i++) {
        bad |= (ids[i].row >= rows)
               | (ids[i].kind - AUD_IDENTIFIER_PHONE
                  > AUD_IDENTIFIER_RECORD - AUD_IDENTIFIER_PHONE);
    }

    if (bad) {
        return "an identifier out of range";
    }

    for (i = 1; i < n; i++) {
        if (ids[i - 1].hash > ids[i].hash
            || (ids[i - 1].hash == ids[i].hash
                && ids[i - 1].row > ids[i].row))
        {
            return "the order of the identifiers";
        }
    }

    return NULL;
}


/* What lies between is read with care: aud_source_record_read(). */
const char *
aud_records_check(const uint64_t *record_at, uint32_t rows, uint64_t bytes)
{
    uint32_t  i, bad;

    bad = record_at[0] != 0 || record_at[rows] != bytes;

    for (i = 0; i < rows; i++) {
        bad |= record_at[i] > record_at[i + 1];
    }

    return bad ? "offsets of the source records" : NULL;
}


/* at[0 .. n] begins with 0, never descends and ends with last. */
SCAN static int
ascending(const uint32_t *at, size_t n, size_t last)
{
    size_t    i;
    uint32_t  bad;

    if (at[0] != 0 || at[n] != last) {
        return 0;
    }

    bad = 0;

    for (i = 0; i < n; i++) {
        bad |= at[i] > at[i + 1];
    }

    return !bad;
}


static int
bits_within(const uint64_t *words, uint32_t rows)
{
    return rows % 64 == 0 || (words[rows / 64] >> (rows % 64)) == 0;
}


static size_t
bits_set(const uint64_t *words, uint32_t rows)
{
    return aud_bits_count(aud_bits(words), NULL, AUD_WORDS(rows));
}


/* 0 means none, which a multi-valued column has no place for. */
SCAN static int
codes_in_range(const aud_column_t *c, size_t n)
{
    size_t           i;
    uint8_t          least8, most8;
    uint16_t         least16, most16;
    uint32_t         least, most;
    const uint8_t   *codes8;
    const uint16_t  *codes16;
    const uint32_t  *codes32;

    least = UINT32_MAX;
    most = 0;

    switch (c->code_width) {

    case 1:
        codes8 = c->codes;
        least8 = UINT8_MAX;
        most8 = 0;

        for (i = 0; i < n; i++) {
            least8 = codes8[i] < least8 ? codes8[i] : least8;
            most8 = codes8[i] > most8 ? codes8[i] : most8;
        }

        least = least8;
        most = most8;
        break;

    case 2:
        codes16 = c->codes;
        least16 = UINT16_MAX;
        most16 = 0;

        for (i = 0; i < n; i++) {
            least16 = codes16[i] < least16 ? codes16[i] : least16;
            most16 = codes16[i] > most16 ? codes16[i] : most16;
        }

        least = least16;
        most = most16;
        break;

    default:
        codes32 = c->codes;

        for (i = 0; i < n; i++) {
            least = codes32[i] < least ? codes32[i] : least;
            most = codes32[i] > most ? codes32[i] : most;
        }
    }

    return n == 0 || (most <= c->distinct && (c->code_at == NULL || least > 0));
}


/* Bit i: whether row + i, one of n, has a code. */
static uint64_t
codes_present(const aud_column_t *c, uint32_t row, unsigned n)
{
    unsigned  i;
    uint64_t  word;

    word = 0;

    if (c->code_at) {
        for (i = 0; i < n; i++) {
            word |= (uint64_t) (c->code_at[row + i] != c->code_at[row + i + 1])
                    << i;
        }

    } else if (c->code_width == 1) {
        for (i = 0; i < n; i++) {
            word |= (uint64_t) (((const uint8_t *) c->codes)[row + i] != 0)
                    << i;
        }

    } else {
        for (i = 0; i < n; i++) {
            word |= (uint64_t) (aud_column_code_plus_one(c, row + i) != 0) << i;
        }
    }

    return word;
}


static int
presence_agrees(const aud_column_t *c)
{
    size_t    i;
    uint32_t  row;
    unsigned  n;

    for (i = 0; i < AUD_WORDS(c->rows); i++) {
        row = i * 64;
        n = c->rows - row < 64 ? c->rows - row : 64;

        if (codes_present(c, row, n) != c->present[i]) {
            return 0;
        }
    }

    return 1;
}


/*
 * Rows ascend within a code.  So that the long scan vectorises, descents are
 * counted over all postings first: each must fall on the beginning of a code.
 */
static const char *
postings_check(const aud_column_t *c, size_t n)
{
    uint32_t         code, start;
    uint64_t         count;
    const uint32_t  *rows;

    if (!ascending(c->posting_at, c->distinct, n)) {
        return "offsets of the postings";
    }

    rows = c->postings;

    if (!rows_below(rows, n, c->rows)) {
        return "a row out of range";
    }

    count = descents(rows, n);

    for (code = 1; code < c->distinct; code++) {
        start = c->posting_at[code];

        if (start != 0 && start != c->posting_at[code + 1]
            && rows[start - 1] >= rows[start])
        {
            count--;
        }
    }

    return count ? "the order of the postings" : NULL;
}


SCAN static int
rows_below(const uint32_t *rows, size_t n, uint32_t limit)
{
    size_t    i;
    uint32_t  bad;

    bad = 0;

    for (i = 0; i < n; i++) {
        bad |= rows[i] >= limit;
    }

    return !bad;
}


SCAN static uint64_t
descents(const uint32_t *rows, size_t n)
{
    size_t    i;
    uint64_t  count;

    count = 0;

    for (i = 1; i < n; i++) {
        count += rows[i - 1] >= rows[i];
    }

    return count;
}


static const char *
dense_check(const aud_column_t *c)
{
    uint32_t         i, code;
    const uint64_t  *words;

    for (i = 0; i < c->ndense; i++) {
        code = c->dense_codes[i];
        words = c->dense + i * AUD_WORDS(c->rows);

        if (code >= c->distinct || (i && c->dense_codes[i - 1] >= code)) {
            return "the dense codes";
        }

        if (!bits_within(words, c->rows)
            || bits_set(words, c->rows)
               != c->posting_at[code + 1] - c->posting_at[code])
        {
            return "a dense bitmap";
        }
    }

    return NULL;
}


static const char *
below_check(const aud_column_t *c)
{
    uint32_t         i, code;
    const uint64_t  *words;

    for (i = 0; i < c->nbelow; i++) {
        code = c->below_codes[i];
        words = c->below + i * AUD_WORDS(c->rows);

        if (code == 0 || code >= c->distinct
            || (i && c->below_codes[i - 1] >= code))
        {
            return "the bounds";
        }

        if (!bits_within(words, c->rows)
            || bits_set(words, c->rows) != c->posting_at[code])
        {
            return "the bitmap of a bound";
        }
    }

    return NULL;
}


static const char *
typed_check(const aud_column_t *c)
{
    uint32_t  i, bad;

    bad = 0;

    if (c->dates) {
        for (i = 1; i < c->typed; i++) {
            bad |= c->dates[i - 1] > c->dates[i];
        }

    } else if (c->typed) {
        bad = !isfinite(c->numbers[0]) || !isfinite(c->numbers[c->typed - 1]);

        for (i = 1; i < c->typed; i++) {
            bad |= !(c->numbers[i - 1] <= c->numbers[i]);
        }
    }

    return bad ? "the order of the values" : NULL;
}


static int
text_in_order(const aud_column_t *c)
{
    int        order;
    uint32_t   i;
    aud_str_t  before, text;

    if (c->typed == c->distinct) {
        return 1;
    }

    before = aud_column_folded(c, c->typed);

    for (i = c->typed + 1; i < c->distinct; i++) {
        text = aud_column_folded(c, i);
        order = aud_str_compare(before, text);

        if (order > 0
            || (order == 0 && aud_str_compare(aud_column_display(c, i - 1),
                                              aud_column_display(c, i)) >= 0))
        {
            return 0;
        }

        before = text;
    }

    return 1;
}
