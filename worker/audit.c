/*
 * The audit trail.
 */

#include <string.h>

#include "audit.h"
#include "document.h"


static int audit_is(const json_t *entry, const char *profile);


json_t *
audit_erasure(const char *id, const aud_uuid_t *profile,
    const aud_uuid_t *asked, const char *by, const char *job, int64_t at)
{
    char     text[AUD_ID_LEN + 1];
    json_t  *entry;

    entry = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "id", id, "action",
                      profile ? "erase" : "erase_again", "by", by, "job", job,
                      "at", document_time(at), "state", "queued");

    if (profile) {
        aud_id_format(text, "prf", profile);
        json_object_set_new(entry, "profile", json_string(text));
    }

    if (profile && aud_uuid_compare(profile, asked) != 0) {
        aud_id_format(text, "prf", asked);
        json_object_set_new(entry, "asked", json_string(text));
    }

    return entry;
}


void
audit_end(json_t *entry, const char *state, size_t records, int64_t at)
{
    json_object_set_new(entry, "state", json_string(state));
    json_object_set_new(entry, "records", json_integer((json_int_t) records));
    json_object_set_new(entry, "done_at", document_time(at));
}


json_t *
audit_under_way(store_t *store, const char *tenant, const aud_uuid_t *profile,
    aud_error_t *err)
{
    char           text[AUD_ID_LEN + 1];
    json_t        *entry = NULL;
    aud_str_t      key, value;
    store_key_t    prefix;
    store_scan_t  *scan;

    err->text[0] = '\0';
    aud_id_format(text, "prf", profile);
    prefix = key_prefix(tenant, KEY_AUDIT);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 1);

    while (entry == NULL && store_scan_next(scan, &key, &value, err) == 1) {
        if (memmem(value.data, value.len, text, AUD_ID_LEN) == NULL) {
            continue;
        }

        entry = json_loadb(value.data, value.len, 0, NULL);

        if (!audit_is(entry, text)) {
            json_decref(entry);
            entry = NULL;
        }
    }

    store_scan_free(scan);

    return entry;
}


static int
audit_is(const json_t *entry, const char *profile)
{
    return strcmp(document_text(entry, "state"), "queued") == 0
           && (strcmp(document_text(entry, "profile"), profile) == 0
               || strcmp(document_text(entry, "asked"), profile) == 0);
}
