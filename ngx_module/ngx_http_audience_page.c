#include "ngx_http_audience_page.h"


typedef struct {
    const char  *title;
    const char  *text;
} ngx_http_audience_text_t;


static ngx_uint_t ngx_http_audience_wants_html(ngx_http_request_t *r);
static ngx_uint_t ngx_http_audience_language(ngx_http_request_t *r);


static const ngx_uint_t  ngx_http_audience_link_status[] = { 403, 410, 410 };

static const char *const  ngx_http_audience_link_slug[] = {
    "link-not-valid", "link-expired", "link-revoked"
};


/* The first language is the one of who asks for none of them. */

static const char *const  ngx_http_audience_languages[] = {
    "en", "pt-BR", "es"
};

static const ngx_http_audience_text_t  ngx_http_audience_texts[][3] = {

    { { "This link is not valid",
        "Part of it may be missing. Please copy the whole link from the "
        "e-mail." },
      { "Este link não é válido",
        "Talvez falte uma parte dele. Copie o link inteiro do e-mail." },
      { "Este enlace no es válido",
        "Quizá le falte una parte. Copie el enlace completo del correo." } },

    { { "This link has expired",
        "Export the audience again to get a new link." },
      { "Este link expirou",
        "Exporte a audiência novamente para receber um novo link." },
      { "Este enlace ha caducado",
        "Exporte la audiencia de nuevo para recibir un enlace nuevo." } },

    { { "This file is no longer available",
        "It was deleted. Export the audience again to get a new link." },
      { "Este arquivo não está mais disponível",
        "Ele foi apagado. Exporte a audiência novamente para receber um novo "
        "link." },
      { "Este archivo ya no está disponible",
        "Fue eliminado. Exporte la audiencia de nuevo para recibir un enlace "
        "nuevo." } }
};


ngx_int_t
ngx_http_audience_link_page(ngx_http_request_t *r,
    ngx_http_audience_link_e what)
{
    ngx_uint_t                       language;
    aud_buffer_t                     page;
    aud_problem_t                    problem;
    const ngx_http_audience_text_t  *text;

    if (!ngx_http_audience_wants_html(r)) {
        text = &ngx_http_audience_texts[what][0];

        aud_problem_set(&problem, ngx_http_audience_link_status[what],
                        ngx_http_audience_link_slug[what], text->title, "%s",
                        text->text);

        return ngx_http_audience_send_problem(r, &problem);
    }

    language = ngx_http_audience_language(r);
    text = &ngx_http_audience_texts[what][language];

    ngx_memzero(&page, sizeof(aud_buffer_t));

    aud_buffer_printf(&page,
        "<!DOCTYPE html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>%s</title>\n<h1>%s</h1>\n<p>%s</p>\n</html>\n",
        ngx_http_audience_languages[language], text->title, text->title,
        text->text);

    return ngx_http_audience_send(r, ngx_http_audience_link_status[what],
                                  "text/html; charset=utf-8", &page);
}


static ngx_uint_t
ngx_http_audience_wants_html(ngx_http_request_t *r)
{
    ngx_str_t  accept;

    accept = ngx_http_audience_header(r, "Accept");

    return accept.len
           && ngx_strlcasestrn(accept.data, accept.data + accept.len,
                               (u_char *) "text/html", 9 - 1)
              != NULL;
}


/* The first of Accept-Language that the pages speak; browsers sort it. */

static ngx_uint_t
ngx_http_audience_language(ngx_http_request_t *r)
{
    u_char      *p, *end;
    ngx_str_t    header;
    ngx_uint_t   i;

    header = ngx_http_audience_header(r, "Accept-Language");

    p = header.data;
    end = p + header.len;

    while (p < end) {

        while (p < end && (*p == ' ' || *p == ',')) {
            p++;
        }

        for (i = 0; i < 3; i++) {
            if (end - p >= 2
                && ngx_strncasecmp(p, (u_char *) ngx_http_audience_languages[i],
                                   2)
                   == 0)
            {
                return i;
            }
        }

        while (p < end && *p != ',') {
            p++;
        }
    }

    return 0;
}
