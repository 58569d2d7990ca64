/*
 * The "mail" job.
 *
 *   loop thread              mail thread               loop thread
 *   start: compose ──> pool ──> smtp_send, outbox ──> ended ──> job_end
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "faults.h"
#include "letter.h"
#include "log.h"
#include "mail.h"
#include "mime.h"
#include "outbox.h"
#include "pool.h"
#include "smtp.h"
#include "users.h"

/* They only wait for servers; as many as the queue runs loop jobs. */
#define MAIL_THREADS     8
#define MESSAGE_ID_SIZE  (AUD_ID_LEN + 1 + MIME_ADDRESS_MAX + 1)


typedef struct parcel_s  parcel_t;

struct mail_s {
    worker_t         *worker;
    locales_t        *locales;
    pool_t           *pool;
    uv_async_t        async;            /* parcels ended */
    aud_str_t         from_name;        /* of the settings, as the next */
    aud_str_t         from_address;
    char              from[MIME_ADDRESS_MAX + 1];
    atomic_int        stopping;
    pthread_mutex_t   lock;             /* of ended */
    parcel_t         *ended;
};

struct parcel_s {                       /* one e-mail on its way */
    pool_work_t       work;             /* first: the pool gives it back */
    parcel_t         *next;
    mail_t           *mail;
    job_run_t        *run;
    char              message_id[MESSAGE_ID_SIZE];
    char              to[MIME_ADDRESS_MAX + 1];
    aud_buffer_t      message;
    int64_t           began;            /* aud_ticks() */
    job_outcome_t     outcome;
    aud_error_t       err;
};


static int  check_settings(mail_t *mail, aud_error_t *err);
static void mail_closed(uv_handle_t *handle);
static void mail_start(job_run_t *run);
static int  compose(parcel_t *p);
static int  address(parcel_t *p, const json_t *user);
static int  write_message(parcel_t *p, const json_t *user, const char *letter,
    const json_t *values);
static const char *letter_for(const char *template, const json_t *values);
static json_t *letter_values(mail_t *mail, const json_t *given);
static const char *language_of(const parcel_t *p, const json_t *user);
static void deliver(pool_work_t *work);
static int  parcel_stopping(void *arg);
static void parcel_ended(parcel_t *p, job_outcome_t outcome);
static void mail_async(uv_async_t *async);
static void end_parcels(mail_t *mail);
static void log_parcel(const parcel_t *p);
static const char *string_of(const json_t *object, const char *name);


const job_type_t  mail_job = {
    .name = "mail",
    .start = mail_start,
    .at_once = MAIL_THREADS
};


mail_t *
mail_create(worker_t *worker, aud_error_t *err)
{
    mail_t  *mail;

    mail = aud_calloc(1, sizeof(*mail));

    if (mail == NULL) {
        aud_error_set(err, "no memory");
        return NULL;
    }

    mail->worker = worker;
    pthread_mutex_init(&mail->lock, NULL);

    if (check_settings(mail, err) != 0) {
        goto failed;
    }

    mail->locales = locales_read(worker->settings->locale, err);

    if (mail->locales == NULL) {
        goto failed;
    }

    mail->pool = pool_create(MAIL_THREADS, 0, err);

    if (mail->pool == NULL) {
        goto failed;
    }

    if (uv_async_init(worker->loop, &mail->async, mail_async) != 0) {
        aud_error_set(err, "uv_async_init failed");
        pool_close(mail->pool);
        goto failed;
    }

    mail->async.data = mail;

    return mail;

failed:

    locales_free(mail->locales);
    pthread_mutex_destroy(&mail->lock);
    aud_free(mail);

    return NULL;
}


int
mail_check(const settings_t *settings, aud_error_t *err)
{
    mail_t      mail = { 0 };
    worker_t    worker = { .settings = (settings_t *) settings };
    locales_t  *locales;

    mail.worker = &worker;

    if (check_settings(&mail, err) != 0) {
        return -1;
    }

    locales = locales_read(settings->locale, err);

    if (locales == NULL) {
        return -1;
    }

    locales_free(locales);

    return 0;
}


static int
check_settings(mail_t *mail, aud_error_t *err)
{
    char               password[512];
    const settings_t  *s = mail->worker->settings;

    if (mime_mailbox(aud_str(s->mail_from, strlen(s->mail_from)),
                     &mail->from_name, &mail->from_address) != 0)
    {
        return aud_error_set(err, "\"mail_from\" is not Name <name@domain>:"
                             " %.150s", s->mail_from);
    }

    snprintf(mail->from, sizeof(mail->from), "%.*s",
             (int) mail->from_address.len, mail->from_address.data);

    if (s->smtp_user[0] && s->smtp_tls == SETTINGS_TLS_NONE) {
        log_line(LOG_WARNING, NULL, "the SMTP password goes out unencrypted",
                 "s:host", s->smtp_host, NULL);
    }

    if (smtp_password(s, password, sizeof(password), err) != 0) {
        return -1;
    }

    explicit_bzero(password, sizeof(password));

    return 0;
}


/* The queue has drained, or does not: what is on its way is given up within a
 * second. */
void
mail_close(mail_t *mail)
{
    atomic_store(&mail->stopping, 1);
    pool_close(mail->pool);
    end_parcels(mail);
    uv_close((uv_handle_t *) &mail->async, mail_closed);
}


static void
mail_closed(uv_handle_t *handle)
{
    mail_t  *mail = handle->data;

    locales_free(mail->locales);
    pthread_mutex_destroy(&mail->lock);
    aud_free(mail);
}


json_t *
mail_args(const char *template, const char *user, json_t *values)
{
    return json_pack("{s:s, s:s, s:o}", "template", template, "user", user,
                     "values", values);
}


static void
mail_start(job_run_t *run)
{
    parcel_t  *p;

    p = aud_calloc(1, sizeof(*p));

    if (p == NULL) {
        log_no_memory("e-mail");
    }

    p->mail = job_worker(run)->mail;
    p->run = run;
    p->began = aud_ticks();
    p->work.run = deliver;

    if (compose(p) != 0) {
        parcel_ended(p, JOB_FAILED);
        return;
    }

    pool_post(p->mail->pool, &p->work);
}


/* -1 with p->err: trying again would not help. */
static int
compose(parcel_t *p)
{
    int            rc = -1;
    char           id[AUD_ID_LEN + 1];
    json_t        *user = NULL, *values = NULL;
    const char    *who, *letter;
    const json_t  *args = job_args(p->run);

    aud_id_format(id, "job", job_id(p->run));
    snprintf(p->message_id, sizeof(p->message_id), "%s%s", id,
             strchr(p->mail->from, '@'));

    who = string_of(args, "user");
    values = letter_values(p->mail, json_object_get(args, "values"));
    letter = letter_for(string_of(args, "template"), values);
    user = users_get(p->mail->worker, job_tenant(p->run), who);

    if (letter == NULL) {
        aud_error_set(&p->err, "there is no such letter");
        goto done;
    }

    if (address(p, user) != 0) {
        goto done;
    }

    rc = write_message(p, user, letter, values);

done:

    json_decref(user);
    json_decref(values);

    return rc;
}


static int
address(parcel_t *p, const json_t *user)
{
    const char  *email = string_of(user, "email");

    if (email[0] == '\0') {
        return aud_error_set(&p->err, "the user has no e-mail address: give"
                             " one with PUT /v1/users, then retry");
    }

    if (!mime_address_valid(aud_str(email, strlen(email)))) {
        return aud_error_set(&p->err, "the user's e-mail address is not"
                             " valid: change it with PUT /v1/users, then"
                             " retry");
    }

    strcpy(p->to, email);

    return 0;
}


static int
write_message(parcel_t *p, const json_t *user, const char *letter,
    const json_t *values)
{
    int                    rc;
    mail_t                *mail = p->mail;
    letter_t               content;
    const char            *name = string_of(user, "name");
    mime_message_t         m;
    const locale_texts_t  *texts;

    texts = locales_get(mail->locales, language_of(p, user));

    if (letter_write(texts, letter, name, values, &content, &p->err) != 0) {
        return -1;
    }

    m = (mime_message_t) {
        .from_name = mail->from_name,
        .from_address = mail->from_address,
        .to_name = aud_str(name, strlen(name)),
        .to_address = aud_str(p->to, strlen(p->to)),
        .subject = aud_buffer_str(&content.subject),
        .message_id = aud_str(p->message_id, strlen(p->message_id)),
        .language = aud_str(texts->language, strlen(texts->language)),
        .date = aud_now(),
        .text = aud_buffer_str(&content.text),
        .html = aud_buffer_str(&content.html)
    };

    rc = mime_write(&m, &p->message, &p->err);
    letter_free(&content);

    return rc;
}


static const char *
letter_for(const char *template, const json_t *values)
{
    int  rejected;

    if (strcmp(template, "export_ready") == 0) {
        return "export_ready";
    }

    if (strcmp(template, "copies") == 0) {
        return "copies";
    }

    if (strcmp(template, "import_finished") != 0) {
        return NULL;
    }

    rejected = json_integer_value(json_object_get(values, "rejected")) > 0;

    if (strcmp(string_of(values, "state"), "failed") == 0) {
        return rejected ? "import_rejected" : "import_failed";
    }

    return rejected ? "import_partial" : "import_succeeded";
}


/* What the job gave, and what only the settings know. */
static json_t *
letter_values(mail_t *mail, const json_t *given)
{
    size_t             len;
    json_t            *values = json_object();
    const char        *import;
    const settings_t  *s = mail->worker->settings;

    if (values == NULL) {
        log_no_memory("e-mail");
    }

    if (given) {
        json_object_update(values, (json_t *) given);
    }

    json_object_set_new(values, "link_hours", json_integer(s->link_hours));

    import = string_of(values, "import");
    len = strlen(s->public_url);

    while (len && s->public_url[len - 1] == '/') {
        len--;
    }

    if (import[0] && len) {
        json_object_set_new(values, "errors_url",
                            json_sprintf("%.*s/v1/imports/%s/errors.csv",
                                         (int) len, s->public_url, import));
    }

    return values;
}


static const char *
language_of(const parcel_t *p, const json_t *user)
{
    const char  *tag = string_of(user, "language");
    const char  *language = locale_language(aud_str(tag, strlen(tag)));

    return language ? language
           : settings_language(p->mail->worker->settings, job_tenant(p->run));
}


static void
deliver(pool_work_t *work)
{
    int                 rc;
    parcel_t           *p = (parcel_t *) work;
    job_outcome_t       outcome;
    const settings_t   *s = p->mail->worker->settings;
    smtp_envelope_t     envelope = { p->mail->from, p->to,
                                     aud_buffer_str(&p->message),
                                     parcel_stopping, p };

    if (parcel_stopping(p)) {
        aud_error_set(&p->err, "stopped before it was sent");
        parcel_ended(p, JOB_RETRY);
        return;
    }

    fault(mail_job.name, FAULT_STARTED);

    if (s->smtp_host[0]) {
        outcome = smtp_send(s, &envelope, &p->err);

    } else {
        rc = outbox_write(s->root, p->message_id, envelope.message, &p->err);
        outcome = rc == 0 ? JOB_DONE : JOB_RETRY;
    }

    fault(mail_job.name, FAULT_SENT);
    parcel_ended(p, outcome);
}


/* Whoever asks waits for a server, and gives up when its time is over: until
 * then the job does not hang, whatever its lease. */
static int
parcel_stopping(void *arg)
{
    parcel_t  *p = arg;

    job_progress(p->run, "sending", 0);

    return atomic_load(&p->mail->stopping) || job_stopping(p->run);
}


/* Any thread; the rest happens in the loop's. */
static void
parcel_ended(parcel_t *p, job_outcome_t outcome)
{
    mail_t  *mail = p->mail;

    p->outcome = outcome;

    pthread_mutex_lock(&mail->lock);
    p->next = mail->ended;
    mail->ended = p;
    pthread_mutex_unlock(&mail->lock);

    uv_async_send(&mail->async);
}


static void
mail_async(uv_async_t *async)
{
    end_parcels(async->data);
}


static void
end_parcels(mail_t *mail)
{
    parcel_t  *p, *next;

    pthread_mutex_lock(&mail->lock);
    p = mail->ended;
    mail->ended = NULL;
    pthread_mutex_unlock(&mail->lock);

    for ( /* void */ ; p; p = next) {
        next = p->next;
        log_parcel(p);

        if (p->outcome != JOB_DONE) {
            job_error(p->run, "%s", p->err.text);
        }

        job_end(p->run, p->outcome, NULL);

        aud_buffer_free(&p->message);
        aud_free(p);
    }
}


/* Neither whom it went to nor what it said. */
static void
log_parcel(const parcel_t *p)
{
    char  id[AUD_ID_LEN + 1];

    aud_id_format(id, "job", job_id(p->run));

    if (p->outcome == JOB_DONE) {
        log_line(LOG_INFO, NULL, "e-mail sent", "s:tenant", job_tenant(p->run),
                 "s:job", id, "f:ms", (aud_ticks() - p->began) / 1000.0, NULL);

    } else {
        log_line(LOG_WARNING, NULL, "e-mail not sent", "s:tenant",
                 job_tenant(p->run), "s:job", id, "s:error", p->err.text,
                 NULL);
    }
}


static const char *
string_of(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}
