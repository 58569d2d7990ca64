#include <curl/curl.h>
#include <stdio.h>

#include "secret_file.h"
#include "smtp.h"

#define ADDRESS_SIZE   (254 + 3)
#define PASSWORD_SIZE  512


typedef struct {
    const smtp_envelope_t  *envelope;
    size_t                  sent;
} upload_t;


static int  set_server(CURL *curl, const settings_t *s, const char *password);
static int  set_envelope(CURL *curl, upload_t *upload, const char *from,
    struct curl_slist *to);
static size_t read_message(char *out, size_t size, size_t n, void *arg);
static int  ask_stopping(void *arg, curl_off_t dltotal, curl_off_t dlnow,
    curl_off_t ultotal, curl_off_t ulnow);
static job_outcome_t judge(CURL *curl, CURLcode code, aud_error_t *err);
static const char *trouble(CURLcode code);


job_outcome_t
smtp_send(const settings_t *settings, const smtp_envelope_t *envelope,
    aud_error_t *err)
{
    char                from[ADDRESS_SIZE], to[ADDRESS_SIZE];
    char                password[PASSWORD_SIZE];
    CURL               *curl = NULL;
    upload_t            upload = { envelope, 0 };
    job_outcome_t       outcome = JOB_RETRY;
    struct curl_slist  *recipients = NULL;

    snprintf(from, sizeof(from), "<%s>", envelope->from);
    snprintf(to, sizeof(to), "<%s>", envelope->to);

    if (smtp_password(settings, password, sizeof(password), err) != 0) {
        goto done;
    }

    curl = curl_easy_init();
    recipients = curl_slist_append(NULL, to);

    if (curl == NULL || recipients == NULL
        || set_server(curl, settings, password) != 0
        || set_envelope(curl, &upload, from, recipients) != 0)
    {
        aud_error_set(err, "the mail client cannot be set up");
        goto done;
    }

    outcome = judge(curl, curl_easy_perform(curl), err);

done:

    explicit_bzero(password, sizeof(password));
    curl_easy_cleanup(curl);
    curl_slist_free_all(recipients);

    return outcome;
}


static int
set_server(CURL *curl, const settings_t *s, const char *password)
{
    int   rc = 0, tls = s->smtp_tls != SETTINGS_TLS_NONE;
    char  url[320];

    snprintf(url, sizeof(url), "%s://%s:%u",
             s->smtp_tls == SETTINGS_TLS_IMPLICIT ? "smtps" : "smtp",
             s->smtp_host, s->smtp_port);

    rc |= curl_easy_setopt(curl, CURLOPT_URL, url);
    rc |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    rc |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
    rc |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                           (long) s->smtp_timeout_ms);
    rc |= curl_easy_setopt(curl, CURLOPT_USE_SSL,
                           (long) (tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    rc |= curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                           (long) CURL_SSLVERSION_TLSv1_2);

    if (s->smtp_ca[0]) {
        rc |= curl_easy_setopt(curl, CURLOPT_CAINFO, s->smtp_ca);
    }

    if (s->smtp_user[0]) {
        rc |= curl_easy_setopt(curl, CURLOPT_USERNAME, s->smtp_user);
        rc |= curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
    }

    return rc ? -1 : 0;
}


static int
set_envelope(CURL *curl, upload_t *upload, const char *from,
    struct curl_slist *to)
{
    int  rc = 0;

    rc |= curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    rc |= curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    rc |= curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    rc |= curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                           (curl_off_t) upload->envelope->message.len);
    rc |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    rc |= curl_easy_setopt(curl, CURLOPT_READDATA, upload);
    rc |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    rc |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_stopping);
    rc |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, upload);

    return rc ? -1 : 0;
}


static size_t
read_message(char *out, size_t size, size_t n, void *arg)
{
    size_t     left;
    upload_t  *u = arg;

    left = u->envelope->message.len - u->sent;
    n = size * n < left ? size * n : left;
    memcpy(out, u->envelope->message.data + u->sent, n);
    u->sent += n;

    return n;
}


static int
ask_stopping(void *arg, curl_off_t dltotal, curl_off_t dlnow,
    curl_off_t ultotal, curl_off_t ulnow)
{
    upload_t  *u = arg;

    return u->envelope->stopping(u->envelope->arg);
}


/* The last reply's code alone does not tell: a wrong password is a 535, but it
 * is the operator who must mend it, not the recipient. */
static job_outcome_t
judge(CURL *curl, CURLcode code, aud_error_t *err)
{
    long  reply = 0;

    if (code == CURLE_OK) {
        return JOB_DONE;
    }

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);

    if (code == CURLE_LOGIN_DENIED) {
        aud_error_set(err, "the mail server refused the login (%ld)", reply);
        return JOB_RETRY;
    }

    if ((code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY)
        && reply >= 400 && reply < 600)
    {
        aud_error_set(err, "the mail server refused the message (%ld)", reply);
        return reply >= 500 ? JOB_FAILED : JOB_RETRY;
    }

    aud_error_set(err, "%s", trouble(code));

    return JOB_RETRY;
}


/* A sentence for the job's error.  libcurl's own may hold what the server said,
 * and servers name recipients. */
static const char *
trouble(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "the mail server's name is not found";
    case CURLE_COULDNT_CONNECT:
        return "the mail server cannot be reached";
    case CURLE_OPERATION_TIMEDOUT:
        return "the mail server took too long";
    case CURLE_USE_SSL_FAILED:
        return "the mail server offers no STARTTLS";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "the mail server's certificate is not one that is trusted";
    case CURLE_SSL_CACERT_BADFILE:
        return "the file of smtp_ca cannot be read";
    case CURLE_SSL_CONNECT_ERROR:
        return "no encrypted connection to the mail server came about";
    case CURLE_ABORTED_BY_CALLBACK:
        return "stopped before it was sent";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
        return "the connection to the mail server broke";
    default:
        return curl_easy_strerror(code);
    }
}


int
smtp_password(const settings_t *settings, char *out, size_t size,
    aud_error_t *err)
{
    out[0] = '\0';

    return settings->smtp_password_file[0]
           ? secret_file_read(settings->smtp_password_file, out, size, err)
           : 0;
}
