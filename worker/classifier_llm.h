/*
 * Labels of conversations by the language model that is configured (llm.h), in
 * the place of the built-in classifier's, which steps in wherever the model
 * does not answer or answers what cannot be.
 *
 *   conversation ──> redacted ──> cut to size ──> llm_ask() ──> checked ──┐
 *        │                                            │          │        v
 *        └──────────────── classifier_run() <─────────┴──────────┘     results
 *
 * What is sent, besides an instruction that is the same for all:
 *
 *   {"messages_left_out": 0,
 *    "messages": [{"number": 1, "customer": "Oi, sou a [NAME_1]"},
 *                 {"number": 2, "agent": "Olá! Custa R$ 90,00"}, …]}
 *
 * Each text is what redact.h leaves of it.  All of a conversation is redacted
 * before anything is cut: no cut leaves half a number, and who gives their name
 * in a part that is not sent is not named in one that is.  Channel, language,
 * times and ids stay here.
 *
 * For each label the answer has a value of a closed set, how sure it is, and
 * the number of the message that shows it, never a text: answers are kept.  The
 * sentence is found here.  An answer is refused as a whole where it breaks the
 * schema, names a message that was not sent or is not the customer's, or none
 * for a label that has to be shown.
 *
 * Texts can at most make a model choose another one of the labels.
 */

#ifndef CLASSIFIER_LLM_H
#define CLASSIFIER_LLM_H

#include "classifier.h"
#include "llm.h"

/* Of a longer conversation the first messages are sent, within
 * CLASSIFIER_LLM_FIRST, and the newest, up to CLASSIFIER_LLM_BYTES in all; of a
 * longer message its beginning and its end. */
#define CLASSIFIER_LLM_BYTES    (12 * 1024)
#define CLASSIFIER_LLM_FIRST    (3 * 1024)
#define CLASSIFIER_LLM_MESSAGE  (2 * 1024)

/* The longest evidence, in bytes: a sentence, or of a message in which none
 * stands out its beginning. */
#define CLASSIFIER_LLM_EVIDENCE  400

/* Raised when the instruction, or what is made of answers, changes. */
#define CLASSIFIER_LLM_VERSION  "llm-1"

/* classifier_conversation_t.model of the built-in classifier. */
#define CLASSIFIER_BUILT_IN     "builtin"

typedef struct {
    /* From the caller, whose it stays: */
    const char                  *language;  /* as for classifier_run(); not
                                               sent */
    const classifier_message_t  *messages;  /* in the order of their time */
    size_t                       n;
    const redaction_t           *known;     /* the person's names by
                                               redaction_name(), identifiers and
                                               the like by redaction_value();
                                               may be NULL */
    /* For the caller: */
    classifier_result_t          results[CLASSIFIER_LABELS];
    const char                  *model;     /* who wrote them: llm_model(), or
                                               CLASSIFIER_BUILT_IN */
    const char                  *version;   /* CLASSIFIER_LLM_VERSION, or
                                               classifier_version() */
    llm_status_t                 status;    /* LLM_ANSWERED: the model wrote
                                               them; else why it did not */
} classifier_conversation_t;

typedef struct {
    size_t    questions;                    /* that would be sent */
    uint64_t  tokens;                       /* of them, and of answers */
} classifier_llm_estimate_t;

/*
 * Labels conversations, as many at a time as the settings allow, and returns
 * when each has its labels and says who wrote them.  status is LLM_OFF also
 * where nothing of what would be sent is the customer's: no model is asked
 * then; LLM_REFUSED where the answer was not taken; LLM_TOO_LONG where a text
 * is no UTF-8.  One that is LLM_STOPPED has built-in labels like any other,
 * which a job that begins anew need not take.
 *
 * turn as for llm_ask(): renew the job's lease there.  It is called from when
 * questions are made on, which takes a second for each 6 MB of text; each keeps
 * up to 50 KB: give some hundreds, of not much more than that in all.  Blocks:
 * any thread but the loop's.  -1 when memory is out; results are not to be used
 * then.
 */
int  classifier_llm_run(llm_t *llm, const char *tenant, const classifier_t *c,
    classifier_scratch_t *scratch, classifier_conversation_t *conversations,
    size_t n, int (*turn)(void *arg, size_t answered), void *arg);

/*
 * Adds to *estimate what classifier_llm_run() would send and take from the
 * tenant's tokens of the day: by the guess that the budget goes by, which is
 * rather too high, and without what is sent again after trouble.  Conversations
 * whose answers are kept cost nothing; two that are the same are counted twice.
 * Any thread but the loop's; -1 when memory is out.
 */
int  classifier_llm_estimate(llm_t *llm, const char *tenant,
    const classifier_conversation_t *conversations, size_t n,
    classifier_llm_estimate_t *estimate);

#endif
