/*
 * Phone numbers of all countries, by libphonenumber.
 */

#include <cstring>
#include <exception>
#include <string>

#include <phonenumbers/phonenumberutil.h>

#include "phone_foreign.h"

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* PhoneNumberUtil::kMaxInputStringLength, which it keeps to itself */
static const size_t  longest_input = 250;


static aud_phone_status_t normalise(const std::string &text,
    const char *country, char *out);
static aud_phone_status_t why_not(PhoneNumberUtil::ErrorType error);


int
phone_country_known(const char *country)
{
    return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(country)
           != 0;
}


/* C callers cannot catch what C++ throws when memory is out. */

aud_phone_status_t
phone_foreign_normalise(aud_str_t text, const char *country,
    char out[AUD_PHONE_LEN + 1])
{
    out[0] = '\0';

    if (text.len == 0) {
        return AUD_PHONE_EMPTY;
    }

    if (text.len > longest_input) {
        return AUD_PHONE_BAD_LENGTH;
    }

    if (aud_spoiled_by_spreadsheet(text)) {
        return AUD_PHONE_SPOILED;
    }

    try {
        return normalise(std::string(text.data, text.len), country, out);

    } catch (const std::exception &) {
        out[0] = '\0';
        return AUD_PHONE_BAD_NUMBER;
    }
}


static aud_phone_status_t
normalise(const std::string &text, const char *country, char *out)
{
    std::string                 e164;
    PhoneNumber                 number;
    PhoneNumberUtil::ErrorType  error;
    const PhoneNumberUtil      *util = PhoneNumberUtil::GetInstance();

    error = util->Parse(text, country, &number);

    if (error != PhoneNumberUtil::NO_PARSING_ERROR) {
        return why_not(error);
    }

    if (!util->IsValidNumber(number)) {
        return AUD_PHONE_BAD_NUMBER;
    }

    number.clear_extension();
    util->Format(number, PhoneNumberUtil::E164, &e164);

    if (e164.size() > AUD_PHONE_LEN) {
        return AUD_PHONE_BAD_LENGTH;
    }

    memcpy(out, e164.c_str(), e164.size() + 1);

    return AUD_PHONE_OK;
}


static aud_phone_status_t
why_not(PhoneNumberUtil::ErrorType error)
{
    switch (error) {
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
    case PhoneNumberUtil::TOO_LONG_NSN:
        return AUD_PHONE_BAD_LENGTH;
    default:
        return AUD_PHONE_BAD_CHARACTER;
    }
}
