/*
 * Rows of a file held against the list of those who were erased.
 */

#include <string.h>

#include "cell.h"
#include "erased_rows.h"
#include "phone.h"


int
erased_rows_init(erased_rows_t *rows, erased_check_t *check,
    const settings_t *settings, const fields_t *fields, const uint32_t *map,
    uint32_t ncolumns)
{
    uint32_t  i, phone;

    memset(rows, 0, sizeof(erased_rows_t));
    rows->check = check;
    rows->settings = settings;

    if (map == NULL) {
        return 0;
    }

    phone = fields_find(fields, AUD_STR(FIELD_PHONE));

    for (i = 0; i < ncolumns && map[i] != phone; i++) {
        /* void */
    }

    if (i < ncolumns) {
        rows->ncolumns = ncolumns;
        rows->phone = i;
    }

    return identity_columns_init(&rows->identifying, fields, map, ncolumns);
}


void
erased_rows_free(erased_rows_t *rows)
{
    identity_columns_free(&rows->identifying);
}


int
erased_rows_match(erased_rows_t *rows, const aud_str_t *cells, uint32_t ncells)
{
    int                   match;
    char                  phone[AUD_PHONE_LEN + 1] = "";
    identity_texts_t      texts;
    aud_phone_status_t    status;
    const settings_t     *settings = rows->settings;
    aud_source_record_t   record;

    if (rows->ncolumns == 0 || ncells != rows->ncolumns) {
        return erased_check_cells(rows->check, cells, ncells,
                                  settings->country, settings->area_code);
    }

    status = phone_normalise(cell_value(cells[rows->phone]), settings->country,
                             settings->area_code, phone);

    if (status != AUD_PHONE_OK && status != AUD_PHONE_EMPTY) {
        return erased_check_cells(rows->check, cells, ncells,
                                  settings->country, settings->area_code);
    }

    if (identity_read(&rows->identifying, aud_str(phone, strlen(phone)), cells,
                      &texts, &record)
        != 0)
    {
        return -1;
    }

    match = erased_check_record(rows->check, &record);

    return match ? match : erased_check_phone(rows->check, cell_value(
                                                  cells[rows->phone]),
                                              &record);
}
