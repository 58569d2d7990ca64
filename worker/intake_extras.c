/*
 * Contact extras: what the flow of a chatbot has noted of a contact.
 *
 *   "extras": {"loja": "Centro", "pedidos": 3, "vip": true, "cupom": null}
 */

#include <math.h>
#include <stdio.h>

#include "fields.h"
#include "intake_private.h"

#define EXTRA_DIGITS    15          /* that a number has (aud_value.h) */
#define EXTRA_DECIMALS  22



static int intake_extra(intake_t *intake, const char *name, json_t *value);
static size_t intake_extra_real(char *out, size_t size, double value);
static int intake_extra_refuse(intake_t *intake, const char *name,
    const char *reason);


int
intake_extras(intake_t *intake, const json_t *line)
{
    int          rc;
    json_t      *extras, *value;
    const char  *name;

    extras = json_object_get(line, "extras");

    if (!json_is_object(extras) || json_object_size(extras) == 0) {
        return intake_refuse(intake, "/extras", "It is no object with at "
                             "least one member.");
    }

    json_object_foreach(extras, name, value) {
        rc = intake_extra(intake, name, value);

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
intake_extra(intake_t *intake, const char *name, json_t *value)
{
    char         number[64], column[sizeof(FIELD_EXTRA) + INTAKE_NAME_MAX];
    json_t      *key;
    aud_str_t    text;
    const char  *reason;

    key = json_string(name);
    reason = key ? intake_name(key) : NULL;
    json_decref(key);

    if (key == NULL) {
        return -1;
    }

    if (reason) {
        return intake_extra_refuse(intake, name, reason);
    }

    text = aud_str("", 0);

    switch (json_typeof(value)) {

    case JSON_STRING:
        text = aud_str(json_string_value(value), json_string_length(value));
        break;

    case JSON_INTEGER:
        text.len = snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
                            json_integer_value(value));
        text.data = number;
        break;

    case JSON_REAL:
        text.len = intake_extra_real(number, sizeof(number),
                                     json_real_value(value));
        text.data = number;
        break;

    case JSON_TRUE:
        text = AUD_STR("true");
        break;

    case JSON_FALSE:
        text = AUD_STR("false");
        break;

    case JSON_NULL:
        return 0;

    default:
        return intake_extra_refuse(intake, name, "It is neither a text nor a "
                                   "number nor true or false.");
    }

    if (text.len > INTAKE_VALUE_MAX) {
        return intake_extra_refuse(intake, name, "It is longer than 10,000 "
                                   "bytes.");
    }

    snprintf(column, sizeof(column), FIELD_EXTRA "%s", name);

    return intake_put(intake, aud_str(column, strlen(column)), text);
}


/* As numbers are written in cells: one with an exponent is a text there, and so
 * would its field be. */

static size_t
intake_extra_real(char *out, size_t size, double value)
{
    int     decimals;
    size_t  n;
    double  most = fabs(value);

    if (most < 1e-22) {
        return snprintf(out, size, "0");
    }

    if (most >= 1e-4) {
        return snprintf(out, size, most < 1e15 || most > 1e22 ? "%.15g"
                                                              : "%.0f", value);
    }

    decimals = EXTRA_DIGITS - 1 - (int) floor(log10(most));
    n = snprintf(out, size, "%.*f", decimals < EXTRA_DECIMALS
                                    ? decimals : EXTRA_DECIMALS, value);

    while (out[n - 1] == '0') {
        n--;
    }

    return n;
}


/* With a JSON Pointer (RFC 6901) to the extra, as far as it goes. */

static int
intake_extra_refuse(intake_t *intake, const char *name, const char *reason)
{
    char    pointer[sizeof(intake->line.pointer)] = "/extras/";
    size_t  n = strlen(pointer);

    for ( /* void */ ; *name && n + 3 < sizeof(pointer); name++) {
        if (*name == '~' || *name == '/') {
            pointer[n++] = '~';
            pointer[n++] = *name == '~' ? '0' : '1';

        } else {
            pointer[n++] = *name;
        }
    }

    /* no half character */

    while (*name && n && ((unsigned char) pointer[n - 1] & 0xc0) == 0x80) {
        n--;
    }

    n -= *name && n && (unsigned char) pointer[n - 1] & 0x80;
    pointer[n] = '\0';

    return intake_refuse(intake, pointer, "%s", reason);
}
