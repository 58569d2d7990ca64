/*
 * Conversations, and labels that a person corrects.
 *
 *   {"id": "c-1", "phone": "+5511987654321", "channel": "WhatsApp",
 *    "language": "pt",
 *    "messages": [{"id": "m-1", "at": "2026-11-01T12:00:00Z",
 *                  "from": "customer", "text": "Quanto custa?"}],
 *    "labels": {"sentiment": "neutral"}}
 *
 * Here is judged whether a line is well.  What it means for the labels of a
 * profile depends on all of its conversation (conversations.h).
 */

#include <stdio.h>

#include "aud_clock.h"
#include "intake_private.h"
#include "label.h"

#define CONVERSATION_LANGUAGE  35       /* bytes of a tag (RFC 5646, 4.4.1) */


static int conversation_about(intake_t *intake, const json_t *line);
static int conversation_id(intake_t *intake, const json_t *id,
    const char *pointer);
static int conversation_language(intake_t *intake, const json_t *language);
static int conversation_messages(intake_t *intake, const json_t *messages);
static int conversation_message(intake_t *intake, size_t i,
    const json_t *message);
static int conversation_labels(intake_t *intake, const json_t *labels);
static int conversation_known(const json_t *message, const char **unknown);


int
intake_conversation(intake_t *intake, const json_t *line)
{
    int  rc;

    rc = conversation_about(intake, line);

    if (rc == 0) {
        rc = conversation_messages(intake, json_object_get(line, "messages"));
    }

    return rc ? rc : conversation_labels(intake, json_object_get(line,
                                                                 "labels"));
}


/* Written by the worker itself (api_conversations.c). */

int
intake_labels(intake_t *intake, const json_t *line)
{
    int  rc;

    rc = conversation_id(intake, json_object_get(line, "id"), "/id");

    return rc ? rc : conversation_labels(intake, json_object_get(line,
                                                                 "labels"));
}


static int
conversation_about(intake_t *intake, const json_t *line)
{
    int          rc;
    json_t      *id, *channel;
    const char  *reason, *text;

    id = json_object_get(line, "id");
    text = json_string_value(id);
    rc = id && !json_is_null(id) ? conversation_id(intake, id, "/id") : 0;

    if (rc == 0 && text && (strchr(text, '/') || strcmp(text, ".") == 0
                            || strcmp(text, "..") == 0))
    {
        rc = intake_refuse(intake, "/id", "It is to be a part of an address, "
                           "so it cannot hold a slash or be . or ..");
    }

    if (rc != 0) {
        return rc;
    }

    channel = json_object_get(line, "channel");
    reason = channel && !json_is_null(channel) ? intake_name(channel) : NULL;

    return reason ? intake_refuse(intake, "/channel", "%s", reason)
                  : conversation_language(intake, json_object_get(line,
                                                                  "language"));
}


static int
conversation_id(intake_t *intake, const json_t *id, const char *pointer)
{
    const char  *reason;

    reason = intake_plain(id);

    if (reason == NULL && json_string_length(id) > INTAKE_ID_MAX) {
        reason = "It is longer than 200 bytes.";
    }

    return reason ? intake_refuse(intake, pointer, "%s", reason) : 0;
}


static int
conversation_language(intake_t *intake, const json_t *language)
{
    size_t       n;
    const char  *text;

    if (language == NULL || json_is_null(language)) {
        return 0;
    }

    text = json_string_value(language);
    n = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
                            "WXYZ0123456789-") : 0;

    if (n < 2 || n > CONVERSATION_LANGUAGE || text[n] != '\0') {
        return intake_refuse(intake, "/language", "It is no tag of a language "
                             "such as pt or es-MX.");
    }

    return 0;
}


static int
conversation_messages(intake_t *intake, const json_t *messages)
{
    int     rc = 0;
    size_t  i;

    if (!json_is_array(messages) || json_array_size(messages) == 0) {
        return intake_refuse(intake, "/messages", "It is no array with at "
                             "least one message.");
    }

    if (json_array_size(messages) > INTAKE_MESSAGES) {
        return intake_refuse(intake, "/messages", "There are more than 10,000 "
                             "messages.");
    }

    for (i = 0; rc == 0 && i < json_array_size(messages); i++) {
        rc = conversation_message(intake, i, json_array_get(messages, i));
    }

    return rc;
}


static int
conversation_message(intake_t *intake, size_t i, const json_t *message)
{
    char         pointer[64];
    size_t       n;
    int64_t      at;
    json_t      *id;
    const char  *time, *unknown = NULL;

    n = snprintf(pointer, sizeof(pointer), "/messages/%zu", i);

    if (!json_is_object(message) || !conversation_known(message, &unknown)) {
        return unknown
               ? intake_refuse(intake, pointer, "It has an unknown member "
                               "\"%.60s\".", unknown)
               : intake_refuse(intake, pointer, "It is no JSON object.");
    }

    id = json_object_get(message, "id");

    if (id && !json_is_null(id)) {
        snprintf(pointer + n, sizeof(pointer) - n, "/id");

        if (conversation_id(intake, id, pointer) != 0) {
            return 1;
        }
    }

    time = json_string_value(json_object_get(message, "at"));
    snprintf(pointer + n, sizeof(pointer) - n, "/at");

    if (time == NULL || aud_time_parse(time, strlen(time), &at, NULL) != 0) {
        return intake_refuse(intake, pointer, "It is no time such as "
                             "2026-11-01T12:00:00Z.");
    }

    if (at > intake->now + AUD_DAY) {
        return intake_refuse(intake, pointer, "It lies in the future.");
    }

    if (!conversation_from(json_object_get(message, "from"), NULL)) {
        snprintf(pointer + n, sizeof(pointer) - n, "/from");
        return intake_refuse(intake, pointer, "It is none of customer, agent "
                             "and bot.");
    }

    snprintf(pointer + n, sizeof(pointer) - n, "/text");

    if (!json_is_string(json_object_get(message, "text"))) {
        return intake_refuse(intake, pointer, "It is no text.");
    }

    return json_string_length(json_object_get(message, "text"))
           > INTAKE_VALUE_MAX
           ? intake_refuse(intake, pointer, "It is longer than 10,000 bytes.")
           : 0;
}


static int
conversation_known(const json_t *message, const char **unknown)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    static const char *const  members[] = { "id", "at", "from", "text", NULL };

    json_object_foreach((json_t *) message, name, value) {
        for (i = 0; members[i] && strcmp(members[i], name) != 0; i++) {
            /* another one */
        }

        if (members[i] == NULL) {
            *unknown = name;
            return 0;
        }
    }

    return 1;
}


int
conversation_from(const json_t *value, classifier_from_t *from)
{
    size_t       i;
    const char  *text = json_string_value(value);

    static const char *const  sides[] = {
        [CLASSIFIER_CUSTOMER] = "customer",
        [CLASSIFIER_AGENT] = "agent",
        [CLASSIFIER_BOT] = "bot"
    };

    for (i = 0; text && i < sizeof(sides) / sizeof(sides[0]); i++) {
        if (strcmp(sides[i], text) == 0) {
            if (from) {
                *from = i;
            }

            return 1;
        }
    }

    return 0;
}


static int
conversation_labels(intake_t *intake, const json_t *labels)
{
    int          known;
    char         pointer[64];
    const char  *reason, *member;

    if (labels == NULL || json_is_null(labels)) {
        return 0;
    }

    reason = label_wrong(labels, &member);

    if (reason == NULL) {
        return 0;
    }

    known = member && label_find(member) != CLASSIFIER_LABELS;
    snprintf(pointer, sizeof(pointer), "/labels%s%s", known ? "/" : "",
             known ? member : "");

    return intake_refuse(intake, pointer, "%s", reason);
}
