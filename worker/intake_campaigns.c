/*
 * Campaign events: what became of a message that a contact was sent.
 *
 *   {"id": "e-1", "campaign": "Black Friday", "status": "read",
 *    "at": "2026-11-01T12:00:00Z", "phone": "+5511987654321"}
 *
 * An event says of its campaign's fields: the status, one more where the status
 * is counted, and when.  Each counts once: by its id, else by all that it says.
 */

#include <openssl/evp.h>
#include <stdio.h>

#include "aud_clock.h"
#include "campaign.h"
#include "fields.h"
#include "intake_private.h"

#define CAMPAIGN_COLUMN  (sizeof(FIELD_CAMPAIGN) + INTAKE_NAME_MAX + 16)


static int campaign_at(intake_t *intake, const json_t *line, int64_t *at);
static int campaign_identify(intake_t *intake, const json_t *line,
    int64_t at);
static int campaign_digest(intake_t *intake, aud_str_t said);
static int campaign_fields(intake_t *intake, const char *campaign,
    const char *status, int64_t at);


int
intake_campaign(intake_t *intake, const json_t *line)
{
    int          rc;
    int64_t      at;
    aud_str_t    name;
    const char  *reason, *status;

    reason = intake_name(json_object_get(line, "campaign"));
    if (reason) {
        return intake_refuse(intake, "/campaign", "%s", reason);
    }

    name = aud_str(json_string_value(json_object_get(line, "campaign")),
                   json_string_length(json_object_get(line, "campaign")));

    if (campaign_part(name) != CAMPAIGN_STATUS) {
        return intake_refuse(intake, "/campaign", "A name cannot end like "
                             "that: a field of campaigns does.");
    }

    status = json_string_value(json_object_get(line, "status"));

    if (status == NULL
        || campaign_read(CAMPAIGN_STATUS, aud_str(status, strlen(status))) < 0)
    {
        return intake_refuse(intake, "/status", "It is none of sent, "
                             "delivered, viewed, read, replied and failed.");
    }

    rc = campaign_at(intake, line, &at);

    if (rc == 0) {
        rc = campaign_identify(intake, line, at);
    }

    return rc ? rc : campaign_fields(intake, name.data, status, at);
}


static int
campaign_at(intake_t *intake, const json_t *line, int64_t *at)
{
    const char  *text;

    text = json_string_value(json_object_get(line, "at"));

    if (text == NULL || aud_time_parse(text, strlen(text), at, NULL) != 0) {
        return intake_refuse(intake, "/at", "It is no time such as "
                             "2026-11-01T12:00:00Z.");
    }

    if (*at > intake->now + AUD_DAY) {
        return intake_refuse(intake, "/at", "It lies in the future.");
    }

    return 0;
}


static int
campaign_identify(intake_t *intake, const json_t *line, int64_t at)
{
    int            rc;
    uint32_t       i;
    json_t        *id;
    const char    *reason, *member;
    aud_buffer_t   said = { 0 };

    static const char *const  members[] = { "campaign", "status", NULL };

    id = json_object_get(line, "id");

    if (id && !json_is_null(id)) {
        reason = intake_name(id);

        if (reason) {
            return intake_refuse(intake, "/id", "%s", reason);
        }

        aud_buffer_text(&said, "id");
        aud_buffer_add(&said, json_string_value(id), json_string_length(id));

    } else {
        aud_buffer_printf(&said, "said%lld", (long long) at);

        for (i = 0; members[i]; i++) {
            member = json_string_value(json_object_get(line, members[i]));
            aud_buffer_add(&said, member, strlen(member) + 1);
        }

        /* whom it is about, with all that lies between */

        aud_buffer_add(&said, intake->texts.data, intake->texts.len);
    }

    rc = said.failed ? -1 : campaign_digest(intake, aud_buffer_str(&said));
    aud_buffer_free(&said);

    return rc;
}


static int
campaign_digest(intake_t *intake, aud_str_t said)
{
    unsigned char  sum[EVP_MAX_MD_SIZE];

    if (EVP_Digest(said.data, said.len, sum, NULL, EVP_sha256(), NULL) != 1) {
        return -1;
    }

    memcpy(intake->line.id, sum, sizeof(intake->line.id));
    intake->line.has_id = 1;

    return 0;
}


static int
campaign_fields(intake_t *intake, const char *campaign, const char *status,
    int64_t at)
{
    int     rc;
    char    name[CAMPAIGN_COLUMN], time[AUD_TIME_LEN + 1];
    size_t  n;

    n = snprintf(name, sizeof(name), FIELD_CAMPAIGN "%s", campaign);
    rc = intake_put(intake, aud_str(name, n), aud_str(status, strlen(status)));

    aud_time_format(time, at);

    if (rc == 0) {
        snprintf(name + n, sizeof(name) - n, ".last_at");
        rc = intake_put(intake, aud_str(name, strlen(name)),
                        aud_str(time, strlen(time)));
    }

    if (rc == 0 && (strcmp(status, "sent") == 0 || strcmp(status, "read") == 0
                    || strcmp(status, "replied") == 0))
    {
        snprintf(name + n, sizeof(name) - n, ".%s", status);
        rc = intake_put(intake, aud_str(name, strlen(name)), AUD_STR("1"));
    }

    return rc;
}
