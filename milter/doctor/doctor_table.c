/* Every question of `doctor`, and what it takes to ask it. */
#include "doctor_checks.h"

enum subject {
    POSTFIX_SETTINGS, /* what postconf prints, here or elsewhere */
    POSTFIX_HERE,     /* the tables, files and sockets of a Postfix of this machine too */
    SENDMAIL,         /* sendmail.cf and the files that it names */
    MACHINE,          /* this machine, where the MTA runs on it */
    POLICY,           /* the configuration alone */
};

struct doctor_check {
    const char *name;
    enum subject reads;
    void (*examine)(const struct doctor *doctor);
    /* in its place: for main.cf (NULL), then for every service that takes mail in */
    void (*examine_service)(const struct doctor *doctor, const struct postfix_service *service);
};

static const struct doctor_check checks[] = {
    {"milters", POSTFIX_SETTINGS, postfix_check_milters, NULL},
    {"filters", POSTFIX_SETTINGS, NULL, postfix_check_filters},
    {"relay", POSTFIX_SETTINGS, postfix_check_relay, NULL},
    {"xclient", POSTFIX_SETTINGS, NULL, postfix_check_xclient},
    {"identities", POSTFIX_SETTINGS, postfix_check_identities, NULL},
    {"logins of a service", POSTFIX_SETTINGS, NULL, postfix_check_service_logins},
    {"logins", POSTFIX_SETTINGS, postfix_check_logins, NULL},
    {"limits", POSTFIX_SETTINGS, NULL, postfix_check_limits},
    {"client limits", POSTFIX_SETTINGS, NULL, postfix_check_client_limits},
    {"domains", POSTFIX_HERE, postfix_check_domains, NULL},
    {"socket", POSTFIX_SETTINGS, postfix_check_socket, NULL},
    {"rights", POSTFIX_HERE, postfix_check_rights, NULL},
    {"reach", POSTFIX_HERE, postfix_check_reach, NULL},
    {"sendmail", SENDMAIL, sendmail_check, NULL},
    {"daemon", MACHINE, daemon_check, NULL},
    {"scripts", MACHINE, scripts_check, NULL},
    {"panel", MACHINE, panel_check, NULL},
    {"resolver", POLICY, resolver_check, NULL},
};

static bool is_at_hand(const struct doctor *doctor, enum subject subject)
{
    switch (subject) {
    case POSTFIX_SETTINGS:
        return doctor->postfix != NULL;
    case POSTFIX_HERE:
        return doctor->postfix != NULL && doctor->postfix_directory != NULL;
    case SENDMAIL:
        return doctor->sendmail != NULL;
    case MACHINE:
        return doctor->postfix == NULL || doctor->postfix_directory != NULL;
    case POLICY:
        break;
    }
    return true;
}

void doctor_examine(const struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const struct doctor_check *check = &checks[i];
        if (!is_at_hand(doctor, check->reads))
            continue;
        if (check->examine != NULL) {
            check->examine(doctor);
            continue;
        }
        check->examine_service(doctor, NULL);
        for (size_t j = 0; j < doctor->postfix->service_count; j++)
            if (postfix_service_is_smtpd(&doctor->postfix->services[j]))
                check->examine_service(doctor, &doctor->postfix->services[j]);
    }
}
