/*
 * Phone numbers of rows.
 */

#include <string.h>

#include "aud_text.h"
#include "phone.h"
#include "phone_foreign.h"


static int phone_is_brazilian(const char *e164);


aud_phone_status_t
phone_normalise(aud_str_t text, const char *country, const char *area_code,
    char out[AUD_PHONE_LEN + 1])
{
    int                  home;
    aud_phone_status_t   status;

    home = country[0] == '\0' || strcmp(country, "BR") == 0;
    status = aud_phone_normalise(text, area_code, out);

    if (status == AUD_PHONE_EMPTY || status == AUD_PHONE_SPOILED
        || status == AUD_PHONE_REPEATED)
    {
        out[0] = '\0';
        return status;
    }

    /* what the fast path took for a number of another country it has only
     * counted; what it refused at home may begin with 00 and a country */

    if (status == AUD_PHONE_OK && phone_is_brazilian(out)
        && (home || memchr(text.data, '+', text.len)))
    {
        return status;
    }

    if (home && status != AUD_PHONE_OK) {
        return status;
    }

    return phone_foreign_normalise(text, home ? "BR" : country, out);
}


static int
phone_is_brazilian(const char *e164)
{
    return strncmp(e164, "+55", 3) == 0;
}
