/*
 * A column of the segment of an import: a field of a campaign.
 *
 * Its values are numbers inside (campaign.h); those of a profile's rows in older
 * segments and of all that was said are folded into one.
 */

#include "aud_alloc.h"
#include "campaign.h"
#include "profiles_private.h"


typedef struct {
    campaign_part_t   part;
    int64_t          *numbers;      /* [profiles], -1: none */
} campaign_column_t;


static void campaign_add(campaign_column_t *c, size_t profile,
    int64_t number);
static int campaign_known(campaign_column_t *c, const write_t *w,
    aud_str_t name);
static int campaign_said(campaign_column_t *c, const write_t *w,
    const column_t *said);
static int campaign_column(const campaign_column_t *c, const write_t *w,
    segment_column_t *column, dictionary_t *dictionary);


int
profiles_campaign(write_t *w, segment_column_t *column, uint32_t field)
{
    int                rc;
    size_t             i;
    column_t          *said;
    campaign_column_t  c;

    c.part = campaign_part(column->field.name);
    c.numbers = aud_malloc((w->profiles->n + 1) * sizeof(int64_t));

    if (c.numbers == NULL) {
        return -1;
    }

    for (i = 0; i < w->profiles->n; i++) {
        c.numbers[i] = -1;
    }

    said = columns_of(w->in->said, field);

    rc = campaign_known(&c, w, column->field.name) == 0
         && campaign_said(&c, w, said) == 0
         && campaign_column(&c, w, column, &said->dictionary) == 0 ? 0 : -1;

    aud_free(c.numbers);

    return rc;
}


static void
campaign_add(campaign_column_t *c, size_t profile, int64_t number)
{
    int64_t  *to = &c->numbers[profile];

    if (number >= 0) {
        *to = *to < 0 ? number : campaign_fold(c->part, *to, number);
    }
}


static int
campaign_known(campaign_column_t *c, const write_t *w, aud_str_t name)
{
    size_t                    i, k;
    uint32_t                  code;
    const profile_t          *profile;
    const aud_column_t      **columns, *column;
    const resolution_row_t   *row;

    columns = aud_calloc(w->g->nslices + 1, sizeof(aud_column_t *));
    if (columns == NULL) {
        return -1;
    }

    for (i = 0; i < w->g->nslices; i++) {
        columns[i] = aud_segment_column(w->g->slices[i].segment, name);
    }

    for (i = 0; i < w->profiles->n; i++) {
        profile = &w->profiles->items[i];

        for (k = 0; k < profile->nknown; k++) {
            row = &w->profiles->known[profile->known + k];
            column = columns[row->slice];

            if (column && aud_bit(column->present, row->row)) {
                code = aud_column_code_plus_one(column, row->row) - 1;
                campaign_add(c, i, campaign_read(c->part,
                                              aud_column_display(column, code)));
            }
        }
    }

    aud_free(columns);

    return 0;
}


/* Each value that was said is read once. */

static int
campaign_said(campaign_column_t *c, const write_t *w, const column_t *said)
{
    int64_t             *values;
    uint32_t             k, code;
    const dictionary_t  *d = &said->dictionary;

    values = aud_malloc(((size_t) d->n + 1) * sizeof(int64_t));
    if (values == NULL) {
        return -1;
    }

    for (code = 0; code < d->n; code++) {
        values[code] = campaign_read(c->part,
                                     aud_str(d->text.data + d->at[code],
                                             d->at[code + 1] - d->at[code]));
    }

    for (k = 0; k < said->n; k++) {
        campaign_add(c, w->place[said->rows[k]], values[said->codes[k]]);
    }

    aud_free(values);

    return 0;
}


static int
campaign_column(const campaign_column_t *c, const write_t *w,
    segment_column_t *column, dictionary_t *dictionary)
{
    char      text[AUD_TIME_LEN + 1];
    size_t    i, len;
    uint32_t  code;

    for (i = 0; i < w->profiles->n; i++) {
        if (c->numbers[i] < 0) {
            continue;
        }

        len = campaign_write(c->part, c->numbers[i], text);
        code = dictionary_intern(dictionary, aud_str(text, len));

        if (code == UINT32_MAX || segment_column_add(column, i, code) != 0) {
            return -1;
        }
    }

    column->dictionary = *dictionary;

    return 0;
}
