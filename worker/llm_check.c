/*
 * What can be told of [llm] before anything is sent.
 */

#include "llm_private.h"
#include "secret_file.h"


static int llm_check_url(const char *url, aud_error_t *err);
static int llm_check_proxy(const char *proxy, aud_error_t *err);


int
llm_check(const settings_t *settings, aud_error_t *err)
{
    int   rc;
    char  key[LLM_KEY_SIZE];

    if (settings->llm_url[0] == '\0') {
        return 0;
    }

    if (llm_check_url(settings->llm_url, err) != 0
        || llm_check_proxy(settings->llm_proxy, err) != 0)
    {
        return -1;
    }

    if (settings->llm_model[0] == '\0') {
        return aud_error_set(err, "\"url\" of [llm] needs a \"model\"");
    }

    rc = llm_key(settings, key, err);
    explicit_bzero(key, sizeof(key));

    return rc;
}


/* Conversations travel there: never in the clear, but within this machine. */

static int
llm_check_url(const char *url, aud_error_t *err)
{
    size_t       i;
    const char  *host;

    host = strncmp(url, "https://", 8) == 0 ? url + 8
           : strncmp(url, "http://", 7) == 0 ? url + 7 : "";

    for (i = 0; host[i]; i++) {
        if (host[i] <= ' ' || host[i] > '~' || strchr("\"'<>?#\\@", host[i])) {
            break;
        }
    }

    if (host[0] == '\0' || host[0] == '/' || host[i]) {
        return aud_error_set(err, "\"url\" of [llm] is not an address such as"
                             " https://llm.example.com/v1");
    }

    if (url[4] != 's' && !llm_loopback(url)) {
        return aud_error_set(err, "\"url\" of [llm] must begin with https://:"
                             " what people wrote is sent there.  http:// is"
                             " for 127.0.0.1, [::1] and localhost alone");
    }

    return 0;
}


/* curl would take "http://user:password@host:port"; who may read the settings is
 * not who may know a password. */

static int
llm_check_proxy(const char *proxy, aud_error_t *err)
{
    if (proxy[0] == '\0') {
        return 0;
    }

    if (strchr(proxy, '@')) {
        return aud_error_set(err, "\"proxy\" of [llm] has a login; passwords"
                             " do not stand in the settings: use a proxy that"
                             " knows this machine");
    }

    if (strncmp(proxy, "http://", 7) != 0
        || proxy[7 + strcspn(proxy + 7, " \"'<>?#\\")] || proxy[7] == '\0')
    {
        return aud_error_set(err, "\"proxy\" of [llm] is not an address such"
                             " as http://proxy.example.com:3128");
    }

    return 0;
}


int
llm_loopback(const char *url)
{
    size_t       i, len;
    const char  *host = url + 7;

    static const char *const  hosts[] = { "127.0.0.1", "[::1]", "localhost" };

    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        len = strlen(hosts[i]);

        if (strncmp(host, hosts[i], len) == 0
            && (host[len] == '\0' || host[len] == ':' || host[len] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


int
llm_key(const settings_t *settings, char key[LLM_KEY_SIZE], aud_error_t *err)
{
    size_t       i;
    aud_error_t  why;
    const char  *path = settings->llm_key_file;

    key[0] = '\0';

    if (path[0] == '\0') {
        return 0;
    }

    if (secret_file_read(path, key, LLM_KEY_SIZE, &why) != 0) {
        return aud_error_set(err, "\"key_file\" of [llm]: %s", why.text);
    }

    if (key[0] == '\0') {
        return aud_error_set(err, "%s: the key of [llm] is not in its first"
                             " line", path);
    }

    /* It becomes part of a header. */
    for (i = 0; key[i]; i++) {
        if (key[i] <= ' ' || key[i] > '~') {
            explicit_bzero(key, LLM_KEY_SIZE);
            return aud_error_set(err, "%s: the key of [llm] has a blank or"
                                 " another character that no key has", path);
        }
    }

    return 0;
}
