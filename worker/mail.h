/*
 * E-mails: composed from locale texts, sent by a job each, through the SMTP
 * server that is configured, else written to outbox/ as .eml files.
 *
 * A message is composed when its job runs, from the job's arguments: template,
 * recipient's user id, values.  The Message-ID is derived from the job's id, so
 * that a retry can be recognised; the .eml file is named by it.
 */

#ifndef MAIL_H
#define MAIL_H

#include "job.h"
#include "settings.h"

typedef struct mail_s  mail_t;

/* Whether mail_create() would take these settings.  Any thread. */
int     mail_check(const settings_t *settings, aud_error_t *err);

/* Reads the locales and starts the mail threads, in which libcurl waits for the
 * SMTP server: its SMTP code does so even under the multi interface.  The
 * caller has called curl_global_init(). */
mail_t *mail_create(worker_t *worker, aud_error_t *err);

/* Gives up what is on its way, within about a second; the loop must run once
 * more. */
void    mail_close(mail_t *mail);

/*
 * Arguments for a job of type "mail", for job_follow() or queue_add():
 * template is "import_finished", "export_ready" or "copies"
 * (class_letter.h); values is an object of strings, numbers and lists of such
 * objects that the texts name as {{filename}}, {{imported}} …; taken.
 */
json_t *mail_args(const char *template, const char *user, json_t *values);

extern const job_type_t  mail_job;      /* "mail", a loop job */

#endif
