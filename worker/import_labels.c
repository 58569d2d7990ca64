/*
 * Who labels the conversations of an import, and the language model's part in it.
 */

#include "aud_clock.h"
#include "import_private.h"
#include "settings.h"


static void import_asked(void *arg, double fraction);
static int import_turn(void *arg);


int
import_speaks(import_t *i, aud_error_t *err)
{
    i->labeller = labeller_create(i->worker, i->tenant, import_turn, i, err);

    if (i->labeller == NULL) {
        return -1;
    }

    i->conversations = conversations_create(i->worker, i->tenant, i->in.index,
                                            i->source.id, i->kind,
                                            document_text(i->record,
                                                          "created_by"),
                                            i->source.at, i->labeller);

    return i->conversations ? 0 : aud_error_set(err, "out of memory");
}


/*
 * A model that is slow keeps nobody waiting for ever: what it has not said when
 * the time is over is said by the others.  One that is silent because the worker
 * ends is asked again by the next run, but for what it has said.
 */

job_outcome_t
import_ask(import_t *i)
{
    int                rc;
    unsigned           seconds = i->worker->settings->llm_import_seconds;
    aud_error_t        err = { 0 };
    aud_generation_t  *g;

    if (!labeller_asks(i->labeller) || seconds == 0) {
        return JOB_DONE;
    }

    i->asking_until = aud_ticks() + seconds * (int64_t) AUD_SECOND;
    g = base_generation(i->base);
    rc = g ? conversations_ask(i->conversations, g, import_asked, i, &err)
           : aud_error_set(&err, "out of memory");
    aud_generation_release(g);

    if (job_stopping(i->run)) {
        return JOB_CANCELLED;
    }

    if (rc != 0) {
        return import_retry(i, &err);
    }

    if (labeller_stopped(i->labeller) && aud_ticks() < i->asking_until) {
        job_error(i->run, "The worker ended.");
        return JOB_RETRY;
    }

    return JOB_DONE;
}


static void
import_asked(void *arg, double fraction)
{
    import_t  *i = arg;

    i->asked = fraction;
    job_progress(i->run, "asking", 0.5 + 0.1 * fraction);
}


/* At the end of the worker what is on its way is waited for, so that it need not
 * be asked again. */

static int
import_turn(void *arg)
{
    import_t  *i = arg;

    import_asked(i, i->asked);

    return job_stopping(i->run) || aud_ticks() >= i->asking_until;
}
