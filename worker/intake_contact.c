/*
 * Whom a line is about: "phone", "email", "taxDocument", at least one of them.
 */

#include "fields.h"
#include "intake_private.h"
#include "phone.h"


static int intake_phone(intake_t *intake, const json_t *value);
static int intake_email(intake_t *intake, const json_t *value);
static int intake_tax_document(intake_t *intake, const json_t *value);


int
intake_contact(intake_t *intake, const json_t *line)
{
    int      rc;
    json_t  *phone, *email, *document;

    phone = json_object_get(line, "phone");
    email = json_object_get(line, "email");
    document = json_object_get(line, "taxDocument");

    if (json_is_null(phone)) {
        phone = NULL;
    }

    if (json_is_null(email)) {
        email = NULL;
    }

    if (json_is_null(document)) {
        document = NULL;
    }

    if (phone == NULL && email == NULL && document == NULL) {
        return intake_refuse(intake, "", "It names no contact: a phone, an "
                             "email or a taxDocument is needed.");
    }

    rc = phone ? intake_phone(intake, phone) : 0;

    if (rc == 0 && email) {
        rc = intake_email(intake, email);
    }

    if (rc == 0 && document) {
        rc = intake_tax_document(intake, document);
    }

    return rc;
}


static int
intake_phone(intake_t *intake, const json_t *value)
{
    char                phone[AUD_PHONE_LEN + 1];
    aud_str_t           text;
    aud_phone_status_t  status;

    if (!json_is_string(value)) {
        return intake_refuse(intake, "/phone", "It is no text.");
    }

    text = aud_str(json_string_value(value), json_string_length(value));
    status = phone_normalise(text, intake->country, intake->area_code, phone);

    if (status != AUD_PHONE_OK) {
        return intake_refuse(intake, "/phone", "%s",
                             aud_phone_reason(status));
    }

    return intake_put(intake, AUD_STR(FIELD_PHONE),
                      aud_str(phone, strlen(phone)));
}


static int
intake_email(intake_t *intake, const json_t *value)
{
    char            email[EMAIL_LEN + 1];
    aud_str_t       text;
    email_status_t  status;

    if (!json_is_string(value)) {
        return intake_refuse(intake, "/email", "It is no text.");
    }

    text = aud_str(json_string_value(value), json_string_length(value));
    status = email_normalise(text, email);

    if (status == EMAIL_NO_MEMORY) {
        return -1;
    }

    if (status != EMAIL_OK) {
        return intake_refuse(intake, "/email", "It is no e-mail address.");
    }

    return intake_put(intake, AUD_STR(FIELD_EMAIL),
                      aud_str(email, strlen(email)));
}


static int
intake_tax_document(intake_t *intake, const json_t *value)
{
    char       document[AUD_TAX_DOCUMENT_LEN + 1];
    aud_str_t  text;

    if (!json_is_string(value)) {
        return intake_refuse(intake, "/taxDocument", "It is no text.");
    }

    text = aud_str(json_string_value(value), json_string_length(value));

    if (!aud_tax_document_valid(aud_tax_document_normalise(text, document))) {
        return intake_refuse(intake, "/taxDocument", "It is no CPF and no "
                             "CNPJ: its check digits do not fit.");
    }

    return intake_put(intake, AUD_STR(FIELD_TAX_DOCUMENT),
                      aud_str(document, strlen(document)));
}
