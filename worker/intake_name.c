/*
 * Names and ids in lines: of campaigns, extras, conversations, messages.
 */

#include "intake_private.h"


const char *
intake_name(const json_t *value)
{
    const char  *reason;

    reason = intake_plain(value);

    return reason || json_string_length(value) <= INTAKE_NAME_MAX
           ? reason : "It is longer than 100 bytes.";
}


const char *
intake_plain(const json_t *value)
{
    size_t       i, n;
    const char  *text;

    text = json_string_value(value);
    n = json_string_length(value);

    if (text == NULL) {
        return "It is no text.";
    }

    if (n == 0) {
        return "It is empty.";
    }

    if (text[0] == ' ' || text[n - 1] == ' ') {
        return "It begins or ends with a blank.";
    }

    for (i = 0; i < n; i++) {
        if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f) {
            return "It holds a control character.";
        }
    }

    return NULL;
}
