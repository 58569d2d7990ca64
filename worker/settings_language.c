/*
 * Settings: the languages of tenants, which are all that settings allocate.
 */

#include <string.h>

#include "aud_id.h"
#include "locale.h"
#include "settings.h"


const char *
settings_language_put(settings_t *settings, const char *tenant,
    const char *language)
{
    const char  *known = locale_language(aud_str(language, strlen(language)));

    if (!aud_tenant_valid(tenant, strlen(tenant))) {
        return "is no tenant";
    }

    if (known == NULL || strcmp(known, language) != 0) {
        return "speaks pt-BR, en or es";
    }

    if (json_object_get(settings->languages, tenant)) {
        return "has a language already";
    }

    if (settings->languages == NULL) {
        settings->languages = json_object();
    }

    if (json_object_set_new(settings->languages, tenant, json_string(language))
        != 0)
    {
        return "finds no memory";
    }

    return NULL;
}


const char *
settings_language(const settings_t *settings, const char *tenant)
{
    const char  *own;

    own = json_string_value(json_object_get(settings->languages, tenant));

    return own ? own : settings->language;
}


void
settings_free(settings_t *settings)
{
    json_decref(settings->languages);
    settings->languages = NULL;
}
