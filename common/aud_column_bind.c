#include "aud_column_bind.h"
#include "aud_segment_check.h"


static const char *bind_dictionary(const char *map, aud_column_t *c,
    const aud_section_t *sections);
static const char *bind_codes(const char *map, aud_column_t *c,
    const aud_section_t *sections);
static const char *bind_aids(const char *map, aud_column_t *c,
    aud_column_t *words, const aud_section_t *sections);
static const char *bind_words(const char *map, const aud_column_t *c,
    aud_column_t *words, const aud_section_t *sections);
static const char *bind_below(const char *map, aud_column_t *c,
    const aud_section_t *sections);


const char *
aud_column_bind(const char *map, uint32_t rows, const aud_section_t *names,
    const aud_column_record_t *record, const aud_section_t *sections,
    aud_column_t *c, aud_column_t *words)
{
    const char           *wrong;
    aud_column_extent_t   extent;

    if (record->name_at > names->length
        || record->name_len > names->length - record->name_at
        || record->type >= AUD_TYPE_COUNT
        || record->kind >= AUD_KIND_COUNT
        || record->multi > 1
        || (record->code_width != 1 && record->code_width != 2
            && record->code_width != 4)
        || record->distinct == UINT32_MAX
        || record->typed > record->distinct
        || (record->typed && record->type == AUD_TYPE_TEXT)
        || record->filled > rows
        || record->reserved != 0)
    {
        return "a column does not add up";
    }

    c->name = aud_str(map + names->offset + record->name_at, record->name_len);
    c->type = record->type;
    c->kind = record->kind;
    c->multi = record->multi;
    c->rows = rows;
    c->filled = record->filled;
    c->distinct = record->distinct;
    c->typed = record->typed;
    c->code_width = record->code_width;
    c->ndense = record->ndense;

    wrong = bind_dictionary(map, c, sections);

    if (wrong == NULL) {
        wrong = bind_codes(map, c, sections);
    }

    if (wrong) {
        return wrong;
    }

    wrong = bind_aids(map, c, words, sections);

    if (wrong) {
        return wrong;
    }

    extent.display = sections[AUD_COLUMN_DISPLAY].length;
    extent.folded = c->folded_at == c->display_at
                    ? extent.display
                    : sections[AUD_COLUMN_FOLDED].length;
    extent.codes = sections[AUD_COLUMN_CODES].length / c->code_width;
    extent.postings = sections[AUD_COLUMN_POSTINGS].length / sizeof(uint32_t);

    return aud_column_check(c, &extent);
}


static const char *
bind_dictionary(const char *map, aud_column_t *c, const aud_section_t *sections)
{
    int                   shared;
    uint64_t              offsets;
    const aud_section_t  *typed, *folded_at, *folded;

    typed = &sections[AUD_COLUMN_TYPED];
    folded_at = &sections[AUD_COLUMN_FOLDED_AT];
    folded = &sections[AUD_COLUMN_FOLDED];
    offsets = ((uint64_t) c->distinct + 1) * sizeof(uint32_t);
    shared = folded_at->length == 0;

    if (typed->length != (uint64_t) c->typed * sizeof(double)
        || sections[AUD_COLUMN_DISPLAY_AT].length != offsets
        || (shared ? folded->length != 0 : folded_at->length != offsets))
    {
        return "the length of a dictionary is wrong";
    }

    if (c->type == AUD_TYPE_DATE) {
        c->dates = (const int64_t *) (map + typed->offset);

    } else if (c->type != AUD_TYPE_TEXT) {
        c->numbers = (const double *) (map + typed->offset);
    }

    c->display_at = (const uint32_t *)
                    (map + sections[AUD_COLUMN_DISPLAY_AT].offset);
    c->display = map + sections[AUD_COLUMN_DISPLAY].offset;
    c->folded_at = shared ? c->display_at
                          : (const uint32_t *) (map + folded_at->offset);
    c->folded = shared ? c->display : map + folded->offset;

    return NULL;
}


static const char *
bind_codes(const char *map, aud_column_t *c, const aud_section_t *sections)
{
    uint64_t              words, ncodes;
    const aud_section_t  *codes, *code_at;

    codes = &sections[AUD_COLUMN_CODES];
    code_at = &sections[AUD_COLUMN_CODE_AT];
    words = AUD_WORDS(c->rows) * sizeof(uint64_t);
    ncodes = codes->length / c->code_width;

    if (sections[AUD_COLUMN_PRESENT].length != words
        || codes->length % c->code_width != 0
        || (c->multi ? ncodes > UINT32_MAX : ncodes != c->rows)
        || code_at->length
           != (c->multi ? ((uint64_t) c->rows + 1) * sizeof(uint32_t) : 0))
    {
        return "the length of codes is wrong";
    }

    if (sections[AUD_COLUMN_POSTING_AT].length
        != ((uint64_t) c->distinct + 1) * sizeof(uint32_t)
        || sections[AUD_COLUMN_POSTINGS].length % sizeof(uint32_t) != 0
        || sections[AUD_COLUMN_DENSE_CODES].length
           != (uint64_t) c->ndense * sizeof(uint32_t)
        || c->ndense > c->distinct
        || (words && sections[AUD_COLUMN_DENSE].length / words != c->ndense)
        || sections[AUD_COLUMN_DENSE].length != c->ndense * words)
    {
        return "the length of postings is wrong";
    }

    c->present = (const uint64_t *) (map + sections[AUD_COLUMN_PRESENT].offset);
    c->codes = map + codes->offset;
    c->code_at = c->multi ? (const uint32_t *) (map + code_at->offset) : NULL;
    c->posting_at = (const uint32_t *)
                    (map + sections[AUD_COLUMN_POSTING_AT].offset);
    c->postings = (const uint32_t *)
                  (map + sections[AUD_COLUMN_POSTINGS].offset);
    c->dense_codes = (const uint32_t *)
                     (map + sections[AUD_COLUMN_DENSE_CODES].offset);
    c->dense = (const uint64_t *) (map + sections[AUD_COLUMN_DENSE].offset);

    return NULL;
}


static const char *
bind_aids(const char *map, aud_column_t *c, aud_column_t *words,
    const aud_section_t *sections)
{
    const char           *wrong;
    const aud_section_t  *ends;

    ends = &sections[AUD_COLUMN_ENDS];

    if (ends->length) {
        if (ends->length != (uint64_t) c->distinct * sizeof(uint32_t)) {
            return "the length of the ends is wrong";
        }

        c->ends = (const uint32_t *) (map + ends->offset);
    }

    wrong = bind_below(map, c, sections);

    if (wrong || sections[AUD_COLUMN_WORD_AT].length == 0) {
        return wrong;
    }

    wrong = bind_words(map, c, words, sections);

    if (wrong == NULL) {
        wrong = aud_words_check(words, sections[AUD_COLUMN_WORDS].length,
                                sections[AUD_COLUMN_WORD_POSTINGS].length
                                / sizeof(uint32_t));
    }

    c->words = words;

    return wrong;
}


static const char *
bind_words(const char *map, const aud_column_t *c, aud_column_t *words,
    const aud_section_t *sections)
{
    uint64_t              bitmap, offsets;
    const aud_section_t  *dense_codes, *dense;

    dense_codes = &sections[AUD_COLUMN_WORD_DENSE_CODES];
    dense = &sections[AUD_COLUMN_WORD_DENSE];
    offsets = sections[AUD_COLUMN_WORD_AT].length;
    bitmap = AUD_WORDS(c->rows) * sizeof(uint64_t);

    if (offsets % sizeof(uint32_t) != 0
        || offsets / sizeof(uint32_t) > UINT32_MAX
        || sections[AUD_COLUMN_WORD_POSTING_AT].length != offsets
        || sections[AUD_COLUMN_WORD_POSTINGS].length % sizeof(uint32_t) != 0
        || dense_codes->length % sizeof(uint32_t) != 0
        || dense_codes->length >= offsets
        || dense->length != dense_codes->length / sizeof(uint32_t) * bitmap)
    {
        return "the length of words is wrong";
    }

    words->type = AUD_TYPE_TEXT;
    words->kind = c->kind;
    words->multi = 1;
    words->rows = c->rows;
    words->filled = c->filled;
    words->distinct = offsets / sizeof(uint32_t) - 1;
    words->display_at = (const uint32_t *)
                        (map + sections[AUD_COLUMN_WORD_AT].offset);
    words->display = map + sections[AUD_COLUMN_WORDS].offset;
    words->folded_at = words->display_at;
    words->folded = words->display;
    words->posting_at = (const uint32_t *)
                        (map + sections[AUD_COLUMN_WORD_POSTING_AT].offset);
    words->postings = (const uint32_t *)
                      (map + sections[AUD_COLUMN_WORD_POSTINGS].offset);
    words->ndense = dense_codes->length / sizeof(uint32_t);
    words->dense_codes = (const uint32_t *) (map + dense_codes->offset);
    words->dense = (const uint64_t *) (map + dense->offset);

    return NULL;
}


static const char *
bind_below(const char *map, aud_column_t *c, const aud_section_t *sections)
{
    uint64_t              bitmap;
    const aud_section_t  *codes, *below;

    codes = &sections[AUD_COLUMN_BELOW_CODES];
    below = &sections[AUD_COLUMN_BELOW];
    bitmap = AUD_WORDS(c->rows) * sizeof(uint64_t);

    if (codes->length % sizeof(uint32_t) != 0
        || codes->length / sizeof(uint32_t) > c->distinct
        || below->length != codes->length / sizeof(uint32_t) * bitmap
        || (codes->length && c->multi))
    {
        return "the length of bounds is wrong";
    }

    c->nbelow = codes->length / sizeof(uint32_t);
    c->below_codes = (const uint32_t *) (map + codes->offset);
    c->below = (const uint64_t *) (map + below->offset);

    return NULL;
}
