/*
 * The list of values that join nobody.
 */

#include <stdio.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_tax_document.h"
#include "aud_text.h"
#include "email.h"
#include "listed.h"
#include "phone.h"

#define LISTED_LINE  512


static int listed_line(listed_t *listed, const settings_t *settings,
    char *line);


static const char *const  kinds[COMPONENT_KINDS] = {
    "tax_document", "phone", "email"
};


int
listed_read(listed_t *listed, const settings_t *settings, aud_error_t *err)
{
    int       rc = 0;
    char      line[LISTED_LINE];
    FILE     *f;
    unsigned  number = 0;

    memset(listed, 0, sizeof(listed_t));

    if (settings->listed[0] == '\0') {
        return 0;
    }

    f = fopen(settings->listed, "re");
    if (f == NULL) {
        return aud_error_system(err, "%s", settings->listed);
    }

    while (rc == 0 && fgets(line, sizeof(line), f)) {
        number++;

        if (listed_line(listed, settings, line) != 0) {
            rc = aud_error_set(err, "%s:%u: not \"phone\", \"email\" or "
                               "\"tax_document\" and such a value",
                               settings->listed, number);
        }
    }

    if (rc == 0 && ferror(f)) {
        rc = aud_error_system(err, "%s", settings->listed);
    }

    fclose(f);

    return rc;
}


void
listed_free(listed_t *listed)
{
    size_t  i;

    for (i = 0; i < listed->n; i++) {
        aud_free((char *) listed->items[i].value.data);
    }

    aud_free(listed->items);
    memset(listed, 0, sizeof(listed_t));
}


static int
listed_line(listed_t *listed, const settings_t *settings, char *line)
{
    char                out[EMAIL_LEN + 1], *copy;
    size_t              len;
    aud_str_t           text;
    component_kind_t    kind;
    component_value_t  *items;

    text = aud_trim(aud_str(line, strlen(line)));

    if (text.len == 0 || text.data[0] == '#') {
        return 0;
    }

    for (kind = 0; kind < COMPONENT_KINDS; kind++) {
        len = strlen(kinds[kind]);

        if (text.len > len && memcmp(text.data, kinds[kind], len) == 0
            && (text.data[len] == ' ' || text.data[len] == '\t'))
        {
            break;
        }
    }

    if (kind == COMPONENT_KINDS
        || listed_normalise(kind, settings,
                            aud_trim(aud_str(text.data + len,
                                             text.len - len)), out)
           != 0)
    {
        return -1;
    }

    if (listed->n == listed->room) {
        listed->room = listed->room ? 2 * listed->room : 64;
        items = aud_realloc(listed->items,
                            listed->room * sizeof(component_value_t));
        if (items == NULL) {
            return -1;
        }

        listed->items = items;
    }

    len = strlen(out);
    copy = aud_strndup(out, len);
    if (copy == NULL) {
        return -1;
    }

    listed->items[listed->n].kind = kind;
    listed->items[listed->n++].value = aud_str(copy, len);

    return 0;
}


int
listed_normalise(component_kind_t kind, const settings_t *settings,
    aud_str_t text, char out[EMAIL_LEN + 1])
{
    switch (kind) {

    case COMPONENT_TAX_DOCUMENT:
        return aud_tax_document_valid(aud_tax_document_normalise(text, out))
               ? 0 : -1;

    case COMPONENT_PHONE:
        return phone_normalise(text, settings->country, settings->area_code,
                               out)
               == AUD_PHONE_OK ? 0 : -1;

    default:
        return email_normalise(text, out) == EMAIL_OK ? 0 : -1;
    }
}
