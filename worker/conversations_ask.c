/*
 * What an import asks a language model, before it settles conversations.
 */

#include "conversations_private.h"
#include "person_known.h"


static int conversations_ask_one(conversations_t *c,
    const conversation_open_t *open, const aud_generation_t *g,
    aud_error_t *err);


int
conversations_ask(conversations_t *c, const aud_generation_t *g,
    void (*tick)(void *arg, double fraction), void *arg, aud_error_t *err)
{
    int     rc = 0;
    size_t  i;

    for (i = 0; rc == 0 && i < c->nopen; i++) {
        tick(arg, (double) i / c->nopen);

        if (c->open[i].first != CONVERSATION_NONE && c->open[i].anew) {
            rc = conversations_ask_one(c, &c->open[i], g, err);
        }
    }

    if (rc == 0 && labeller_answer(c->labeller) != 0) {
        rc = aud_error_set(err, "out of memory");
    }

    return rc;
}


static int
conversations_ask_one(conversations_t *c, const conversation_open_t *open,
    const aud_generation_t *g, aud_error_t *err)
{
    json_t       *document, *contact;
    redaction_t  *known = NULL;

    document = conversations_whole(c, open, err);

    if (document == NULL) {
        return -1;
    }

    if (!conversation_unlabelled(document)) {
        json_decref(document);
        return 0;
    }

    contact = conversation_contact(document);

    if (contact && conversation_sort(document) == 0) {
        known = person_known(g, contact);
    }

    json_decref(contact);

    if (known == NULL) {
        json_decref(document);
        return aud_error_set(err, "out of memory");
    }

    return labeller_ask(c->labeller, document,
                        conversation_newest(document, "language"), known) == 0
           ? 0 : aud_error_set(err, "out of memory");
}
