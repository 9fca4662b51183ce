/* Does Postfix ask this milter everywhere, and what does it do while the milter is away? */
#include "postfix_checks.h"
#include "setting_value.h"

enum { MILTER_PROTOCOL_LEAST = 6 };

/* ---- when the milter is away ------------------------------------------------------------------------ */

static void report_open_default(const struct doctor *doctor, const struct postfix_service *service,
                                const char *setting)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "fails_open", service,
        "While closedrelay is stopped, restarted or overloaded, all mail passes unseen: a relay that is "
        "closed most of the time. tempfail makes clients come again (Postfix' default); shutdown "
        "(Postfix 3.11) also ends the connection.");
    strbuf_printf(&finding->what, "mail is accepted when closedrelay does not answer (%s = accept)", setting);
    postfix_suggest(finding, service, "milter_default_action", "tempfail");
}

static void check_default_action(const struct doctor *doctor, const struct postfix_service *service,
                                 struct slice entry)
{
    const char *action = postfix_said(doctor, service, "milter_default_action");
    struct slice word, option;
    while (setting_next_word(&entry, &word))
        if (setting_option(word, "default_action", &option)) {
            if (slice_equal_nocase(option, slice_of("accept")))
                report_open_default(doctor, service, "default_action in smtpd_milters");
            return;
        }
    if (action != NULL && strcmp(action, "accept") == 0)
        report_open_default(doctor, service, "milter_default_action");
}

static void check_global_default(const struct doctor *doctor)
{
    const char *action = postfix_setting(doctor->postfix, "milter_default_action");
    if (action == NULL)
        return;
    if (strcmp(action, "accept") == 0) {
        report_open_default(doctor, NULL, "milter_default_action");
    } else if (strcmp(action, "reject") == 0) {
        struct doctor_finding *finding = postfix_add(
            doctor, DOCTOR_WARNING, "fails_hard", NULL,
            "A restart of closedrelay then costs mail: senders get a final refusal instead of trying again.");
        strbuf_append_text(&finding->what, "mail is refused for good when closedrelay does not answer");
        postfix_suggest(finding, NULL, "milter_default_action", "tempfail");
    }
}

/* ---- one service ------------------------------------------------------------------------------------ */

static void report_missing(const struct doctor *doctor, const struct postfix_service *service)
{
    if (postfix_is_reentry(doctor, service)) /* what comes in here was seen before */
        return;
    bool is_loopback = postfix_service_is_loopback(doctor->postfix, service);
    struct doctor_finding *finding = postfix_add(
        doctor, is_loopback ? DOCTOR_NOTE : DOCTOR_PROBLEM, is_loopback ? "local_service" : "service_unseen",
        service,
        is_loopback
            ? "That is right where a content filter hands back what was seen before, and wrong where programs of "
              "this machine hand in mail."
            : "No rule of the policy holds for mail that comes in here: no limit, no check, no record.");
    strbuf_append_text(&finding->what,
                       is_loopback ? "a service on this machine's own address does not ask closedrelay"
                                   : "mail that comes in by this service is not shown to closedrelay");
    struct strbuf ours;
    strbuf_init(&ours, 0);
    postfix_append_our_milter(doctor, &ours);
    postfix_suggest(finding, service, "smtpd_milters", strbuf_text(&ours));
    strbuf_deinit(&ours);
}

static void report_chroot(const struct doctor *doctor, const struct postfix_service *service)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "socket_outside_chroot", service,
        "smtpd of this service sees nothing but what is below the queue directory, so it finds no socket and does "
        "what milter_default_action says, for every mail.");
    strbuf_printf(&finding->what, "closedrelay's socket %s is outside the chroot", doctor->needs.listen.path);
    strbuf_printf(&finding->change,
                  "# closedrelay.yaml\nlisten: unix:%s/closedrelay/milter.sock\n# main.cf\n"
                  "smtpd_milters = unix:closedrelay/milter.sock",
                  postfix_setting(doctor->postfix, "queue_directory"));
}

static void check_options(const struct doctor *doctor, const struct postfix_service *service)
{
    if (!postfix_has_no_milters(doctor, service) || postfix_is_reentry(doctor, service))
        return;
    if (postfix_service_is_loopback(doctor->postfix, service)) {
        report_missing(doctor, service);
        return;
    }
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "no_milters", service,
        "no_milters switches every milter off for mail that comes in here, whatever smtpd_milters says.");
    strbuf_append_text(&finding->what, "receive_override_options has no_milters");
    postfix_suggest(finding, service, "receive_override_options", "");
}

static void check_service(const struct doctor *doctor, const struct postfix_service *service)
{
    struct slice entry = {0};
    const char *list = postfix_service_setting(doctor->postfix, service, "smtpd_milters", NULL);
    switch (postfix_find_our_milter(doctor, service, list, &entry)) {
    case MILTER_OTHER:
        report_missing(doctor, service);
        return;
    case MILTER_OUTSIDE_CHROOT:
        report_chroot(doctor, service);
        return;
    case MILTER_OURS:
        check_options(doctor, service);
        check_default_action(doctor, service, entry);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------ */

static void report_nowhere(const struct doctor *doctor)
{
    struct doctor_finding *finding =
        postfix_add(doctor, DOCTOR_PROBLEM, "not_asked", NULL, "The policy is not in force for any mail.");
    strbuf_append_text(&finding->what, "no service of Postfix asks closedrelay");
    strbuf_append_text(&finding->change, "smtpd_milters = ");
    postfix_append_our_milter(doctor, &finding->change);
}

static bool is_asked_anywhere(const struct doctor *doctor)
{
    struct slice entry;
    for (size_t i = 0; i < doctor->postfix->service_count; i++) {
        const struct postfix_service *service = &doctor->postfix->services[i];
        const char *list = postfix_service_setting(doctor->postfix, service, "smtpd_milters", NULL);
        if (postfix_service_is_smtpd(service) &&
            postfix_find_our_milter(doctor, service, list, &entry) != MILTER_OTHER)
            return true;
    }
    return false;
}

static void check_protocol(const struct doctor *doctor)
{
    const char *protocol = postfix_setting(doctor->postfix, "milter_protocol");
    uint64_t version;
    if (protocol == NULL || !setting_number(slice_make(protocol, strspn(protocol, "0123456789")), &version) ||
        version >= MILTER_PROTOCOL_LEAST)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, "protocol", NULL,
        "closedrelay asks for the macros it needs, and for leave to drop recipients; older protocols "
        "have no way to ask, so logins and queue ids would be missing.");
    strbuf_printf(&finding->what, "the milter protocol is too old (milter_protocol = %s)", protocol);
    postfix_suggest(finding, NULL, "milter_protocol", "6");
}

static void check_maps(const struct doctor *doctor)
{
    const char *maps = postfix_setting(doctor->postfix, "smtpd_milter_maps");
    if (maps == NULL || maps[0] == '\0')
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "milter_maps", NULL,
        "What the table says replaces smtpd_milters for a client: DISABLE, or a list without "
        "closedrelay, and it sends past the policy. relay.trusted_networks and overrides do the same "
        "within it, and keep the record.");
    strbuf_printf(&finding->what, "some clients have milters of their own (smtpd_milter_maps = %s)", maps);
    postfix_suggest(finding, NULL, "smtpd_milter_maps", "");
}

static void check_timeout(const struct doctor *doctor, const char *name, uint64_t least_ms,
                          const char *suggestion)
{
    const char *text = postfix_setting(doctor->postfix, name);
    uint64_t time_ms;
    if (text == NULL || !setting_time_ms(slice_of(text), 1000, &time_ms) || time_ms >= least_ms)
        return;
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "timeout", NULL,
        "closedrelay waits for DNS up to its own limit (dns.timeout); where Postfix gives up earlier, it takes "
        "closedrelay for dead and does what milter_default_action says for the rest of the session.");
    strbuf_printf(&finding->what, "Postfix waits only %s for an answer (%s)", text, name);
    postfix_suggest(finding, NULL, name, suggestion);
}

/* Whether a service of relay.local_daemons shows closedrelay the mail of programs. */
static bool has_local_daemon(const struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->postfix->service_count; i++) {
        const struct postfix_service *service = &doctor->postfix->services[i];
        if (postfix_service_is_smtpd(service) && postfix_is_local_daemon(doctor, service) &&
            postfix_failure_of(doctor, service) != POSTFIX_NOT_ASKED)
            return true;
    }
    return false;
}

static void report_local_twice(const struct doctor *doctor)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_WARNING, "asked_twice", NULL,
        "It is judged when it is handed in, without its user, and again as it comes by the service: counted "
        "twice, recorded twice.");
    strbuf_append_text(&finding->what,
                       "mail of the sendmail command is shown to closedrelay by non_smtpd_milters and by a "
                       "service of relay.local_daemons");
    postfix_suggest(finding, NULL, "non_smtpd_milters", "");
}

static void check_local_mail(const struct doctor *doctor)
{
    struct slice entry;
    const char *list = postfix_setting(doctor->postfix, "non_smtpd_milters");
    bool is_asked = postfix_find_our_milter(doctor, NULL, list, &entry) != MILTER_OTHER;
    if (has_local_daemon(doctor)) {
        if (is_asked)
            report_local_twice(doctor);
        return;
    }
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_NOTE, is_asked ? "local_mail_seen" : "local_mail_unseen", NULL,
        is_asked
            ? "Such mail has the role local. Postfix does not tell a milter whose it is: scripts and users cannot be "
              "told apart but by the header that PHP writes. Over a service of its own the user id is known "
              "(docs/hosting.md, Scripts)."
            : "Scripts and users of this machine can send anything anywhere. To see their mail, name closedrelay "
              "there too; it then has the role local.");
    strbuf_printf(&finding->what,
                  "mail of the sendmail command is %sshown to closedrelay (non_smtpd_milters)",
                  is_asked ? "" : "not ");
    if (is_asked)
        return;
    strbuf_append_text(&finding->change, "non_smtpd_milters = ");
    postfix_append_our_milter(doctor, &finding->change);
}

void postfix_check_milters(const struct doctor *doctor)
{
    if (!is_asked_anywhere(doctor)) {
        report_nowhere(doctor);
        return;
    }
    for (size_t i = 0; i < doctor->postfix->service_count; i++)
        if (postfix_service_is_smtpd(&doctor->postfix->services[i]))
            check_service(doctor, &doctor->postfix->services[i]);
    check_global_default(doctor);
    check_protocol(doctor);
    check_maps(doctor);
    check_timeout(doctor, "milter_connect_timeout", 5000, "30s");
    check_timeout(doctor, "milter_command_timeout", doctor->needs.wait_ms + 5000, "30s");
    check_timeout(doctor, "milter_content_timeout", 30000, "300s");
    check_local_mail(doctor);
}

void postfix_check_socket(const struct doctor *doctor)
{
    const char *owner = postfix_setting(doctor->postfix, "mail_owner");
    if (doctor->needs.listen.kind == ENDPOINT_UNIX && is_asked_anywhere(doctor))
        socket_check(doctor, doctor->needs.listen.path, owner == NULL ? "postfix" : owner);
}
