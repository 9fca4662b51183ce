#include "postfix_checks.h"

#include "setting_value.h"

struct doctor_finding *postfix_add(const struct doctor *doctor, enum doctor_level level, const char *id,
                                   const struct postfix_service *service, const char *why)
{
    struct doctor_finding *finding = doctor_report_add(doctor->report, level, id, why);
    postfix_place(&finding->where, service);
    return finding;
}

void postfix_suggest(struct doctor_finding *finding, const struct postfix_service *service, const char *name,
                     const char *value)
{
    struct strbuf *change = &finding->change;
    strbuf_append_text(change, change->length == 0 ? "" : "\n");
    if (service == NULL) {
        strbuf_printf(change, "%s =%s%s", name, value[0] == '\0' ? "" : " ", value);
        return;
    }
    strbuf_printf(change, "  -o %s=", name);
    struct slice rest = slice_of(value), word;
    for (const char *separator = ""; setting_next_word(&rest, &word); separator = ",") {
        strbuf_append_text(change, separator);
        strbuf_append_slice(change, word);
    }
}

const char *postfix_said(const struct doctor *doctor, const struct postfix_service *service, const char *name)
{
    bool is_own;
    const char *value = postfix_service_setting(doctor->postfix, service, name, &is_own);
    return is_own == (service != NULL) ? value : NULL;
}

bool postfix_says_yes(const struct doctor *doctor, const struct postfix_service *service, const char *name)
{
    const char *value = postfix_service_setting(doctor->postfix, service, name, NULL);
    return value != NULL && value[0] != '\0' && setting_is_yes(value);
}
