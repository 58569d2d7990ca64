#include "aud_import_kind.h"

#include "aud_buffer.h"
#include "aud_text.h"

#define EXTRAS         (1 << AUD_IMPORT_EXTRAS)
#define CAMPAIGNS      (1 << AUD_IMPORT_CAMPAIGNS)
#define CONVERSATIONS  (1 << AUD_IMPORT_CONVERSATIONS)
#define ALL            (EXTRAS | CAMPAIGNS | CONVERSATIONS)

typedef struct {
    const char  *name;
    const char  *letters;
    const char  *other;         /* letters of another name for it */
    unsigned     kinds;         /* that may have it */
    unsigned     needed;        /* that must */
} import_role_t;

static const char *const  import_kinds[AUD_IMPORT_KINDS] = {
    "contacts", "extras", "campaigns", "conversations"
};

static const import_role_t  import_roles[AUD_ROLES] = {
    [AUD_ROLE_PHONE] = { "phoneNumber", "phonenumber", "phone", ALL, 0 },
    [AUD_ROLE_EMAIL] = { "email", "email", NULL, ALL, 0 },
    [AUD_ROLE_TAX_DOCUMENT] = { "taxDocument", "taxdocument", NULL, ALL, 0 },
    [AUD_ROLE_ID] = { "id", "id", NULL, CAMPAIGNS, 0 },
    [AUD_ROLE_CAMPAIGN] = { "campaign", "campaign", NULL, CAMPAIGNS,
                            CAMPAIGNS },
    [AUD_ROLE_STATUS] = { "status", "status", NULL, CAMPAIGNS, CAMPAIGNS },
    [AUD_ROLE_CONVERSATION] = { "conversation", "conversation", NULL,
                                CONVERSATIONS, CONVERSATIONS },
    [AUD_ROLE_MESSAGE] = { "message", "message", NULL, CONVERSATIONS, 0 },
    [AUD_ROLE_AT] = { "at", "at", NULL, CAMPAIGNS | CONVERSATIONS,
                      CAMPAIGNS | CONVERSATIONS },
    [AUD_ROLE_FROM] = { "from", "from", NULL, CONVERSATIONS, CONVERSATIONS },
    [AUD_ROLE_TEXT] = { "text", "text", NULL, CONVERSATIONS, CONVERSATIONS },
    [AUD_ROLE_CHANNEL] = { "channel", "channel", NULL, CONVERSATIONS, 0 },
    [AUD_ROLE_LANGUAGE] = { "language", "language", NULL, CONVERSATIONS, 0 },
    [AUD_ROLE_INTENTION] = { "purchaseIntention", "purchaseintention", NULL,
                             CONVERSATIONS, 0 },
    [AUD_ROLE_PRICE] = { "priceSensitivity", "pricesensitivity", NULL,
                         CONVERSATIONS, 0 },
    [AUD_ROLE_SENTIMENT] = { "sentiment", "sentiment", NULL, CONVERSATIONS, 0 }
};

static int is_letters(const char *word, aud_str_t letters);


aud_import_kind_t
aud_import_kind(aud_str_t name)
{
    aud_import_kind_t  kind;

    if (name.len == 0) {
        return AUD_IMPORT_CONTACTS;
    }

    for (kind = 0; kind < AUD_IMPORT_KINDS; kind++) {
        if (is_letters(import_kinds[kind], name)) {
            break;
        }
    }

    return kind;
}


const char *
aud_import_kind_name(aud_import_kind_t kind)
{
    return import_kinds[kind];
}


aud_import_role_t
aud_import_role(aud_import_kind_t kind, aud_str_t name)
{
    char               text[64];
    aud_str_t          letters;
    aud_import_role_t  role;

    letters = aud_str(text, aud_import_letters(name, text, sizeof(text)));

    for (role = 0; role < AUD_ROLES; role++) {
        if (aud_import_role_of(kind, role)
            && (is_letters(import_roles[role].letters, letters)
                || is_letters(import_roles[role].other, letters)))
        {
            break;
        }
    }

    return role;
}


static int
is_letters(const char *word, aud_str_t letters)
{
    return word && aud_str_equal(aud_str(word, strlen(word)), letters);
}


const char *
aud_import_role_name(aud_import_role_t role)
{
    return import_roles[role].name;
}


int
aud_import_role_of(aud_import_kind_t kind, aud_import_role_t role)
{
    return (import_roles[role].kinds >> kind) & 1;
}


int
aud_import_role_needed(aud_import_kind_t kind, aud_import_role_t role)
{
    return (import_roles[role].needed >> kind) & 1;
}


size_t
aud_import_letters(aud_str_t name, char *out, size_t max)
{
    size_t        i, n;
    aud_buffer_t  folded = { 0 };

    aud_fold(&folded, name);

    for (i = 0, n = 0; i < folded.len && n < max; i++) {
        if (folded.data[i] >= 'a' && folded.data[i] <= 'z') {
            out[n++] = folded.data[i];
        }
    }

    aud_buffer_free(&folded);

    return n;
}
