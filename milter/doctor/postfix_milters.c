/* Does Postfix ask this milter everywhere, and what does it do while the milter is away? */
#include "postfix_checks.h"
#include "setting_words.h"

#include <stdio.h>

enum { MILTER_PROTOCOL_LEAST = 6 };

/* ---- which milter is ours --------------------------------------------------------------------------- */

void postfix_append_our_milter(const struct doctor_case *with, const struct postfix_settings *settings,
                               struct strbuf *out)
{
    const struct config_endpoint *listen = &with->needs.listen;
    const char *queue = postfix_setting(settings, "queue_directory");
    size_t queue_length = queue == NULL ? 0 : strlen(queue);
    bool is_any = listen->host == NULL || listen->host[0] == '\0' || strcmp(listen->host, "0.0.0.0") == 0 ||
                  strcmp(listen->host, "::") == 0;
    if (listen->kind == ENDPOINT_UNIX && queue_length > 0 &&
        strncmp(listen->path, queue, queue_length) == 0 && listen->path[queue_length] == '/')
        strbuf_printf(out, "unix:%s", listen->path + queue_length + 1);
    else if (listen->kind == ENDPOINT_UNIX)
        strbuf_printf(out, "unix:%s", listen->path);
    else if (listen->kind == ENDPOINT_INET6)
        strbuf_printf(out, "inet:[%s]:%u", is_any ? "::1" : listen->host, listen->port);
    else
        strbuf_printf(out, "inet:%s:%u", is_any ? "127.0.0.1" : listen->host, listen->port);
}

/* Names of hosts are not looked up: with the right port they are taken for ours. */
static bool is_our_host(const struct config_endpoint *listen, struct slice host)
{
    struct ip_address named, ours;
    if (!ip_address_parse(host, &named) || !ip_address_parse(slice_of(listen->host), &ours))
        return true;
    bool is_any = strcmp(listen->host, "0.0.0.0") == 0 || strcmp(listen->host, "::") == 0;
    return is_any || ip_address_equal(&named, &ours);
}

static bool is_our_port(const struct config_endpoint *listen, struct slice host_and_port)
{
    size_t colon = slice_find_last(host_and_port, ':');
    uint64_t port;
    return colon < host_and_port.length &&
           setting_number(slice_part(host_and_port, colon + 1, host_and_port.length), &port) &&
           port == listen->port && is_our_host(listen, slice_part(host_and_port, 0, colon));
}

/* "-" is what compatibility_level makes of it: no from 3.0 on. */
static bool is_chrooted(const struct postfix_settings *settings, const struct postfix_service *service)
{
    const char *level = postfix_setting(settings, "compatibility_level");
    if (service != NULL && service->chroot.data[0] == '-')
        return level == NULL || level[0] < '1';
    return service != NULL && service->chroot.data[0] == 'y';
}

/* The socket that `path` is for this service, seen from outside its chroot. */
static void append_socket_path(const struct postfix_settings *settings, bool chrooted, struct slice path,
                               struct strbuf *out)
{
    const char *queue = postfix_setting(settings, "queue_directory");
    bool is_absolute = path.length > 0 && path.data[0] == '/';
    if ((chrooted || !is_absolute) && queue != NULL) {
        strbuf_append_text(out, queue);
        strbuf_append_text(out, is_absolute ? "" : "/");
    }
    strbuf_append_slice(out, path);
}

static bool is_our_socket(const struct doctor_case *with, const struct postfix_settings *settings,
                          bool chrooted, struct slice path)
{
    struct strbuf seen;
    strbuf_init(&seen, 0);
    append_socket_path(settings, chrooted, path, &seen);
    bool is_ours = strcmp(strbuf_text(&seen), with->needs.listen.path) == 0;
    strbuf_deinit(&seen);
    return is_ours;
}

enum milter_match { MILTER_OTHER, MILTER_OURS, MILTER_OUTSIDE_CHROOT };

static enum milter_match match_milter(const struct doctor_case *with, const struct postfix_settings *settings,
                                      const struct postfix_service *service, struct slice word)
{
    const struct config_endpoint *listen = &with->needs.listen;
    struct slice options = word, address;
    if (!setting_words_next(&options, &address))
        return MILTER_OTHER;
    if (slice_starts_nocase(address, slice_of("unix:")) && listen->kind == ENDPOINT_UNIX) {
        struct slice path = slice_part(address, 5, address.length);
        if (is_our_socket(with, settings, is_chrooted(settings, service), path))
            return MILTER_OURS;
        return is_our_socket(with, settings, false, path) ? MILTER_OUTSIDE_CHROOT : MILTER_OTHER;
    }
    bool is_inet = slice_starts_nocase(address, slice_of("inet:")) && listen->kind != ENDPOINT_UNIX;
    return is_inet && is_our_port(listen, slice_part(address, 5, address.length)) ? MILTER_OURS
                                                                                  : MILTER_OTHER;
}

/* Looks for our milter in a list; `*entry` is where it stands. */
static enum milter_match find_our_milter(const struct doctor_case *with,
                                         const struct postfix_settings *settings,
                                         const struct postfix_service *service, const char *list,
                                         struct slice *entry)
{
    struct slice rest = slice_of(list == NULL ? "" : list);
    enum milter_match found = MILTER_OTHER;
    while (found == MILTER_OTHER && setting_words_next(&rest, entry))
        found = match_milter(with, settings, service, *entry);
    return found;
}

/* ---- when the milter is away ------------------------------------------------------------------------ */

static void report_open_default(const struct doctor_case *with, const struct postfix_service *service,
                                const char *setting)
{
    struct doctor_finding *finding =
        doctor_report_add(with->report, DOCTOR_PROBLEM, "fails_open",
                          "While closedrelay is stopped, restarted or overloaded, all mail passes unseen: a "
                          "relay that is closed "
                          "most of the time. tempfail makes clients come again (Postfix' default); shutdown "
                          "(Postfix 3.11) also ends "
                          "the connection.");
    postfix_place(&finding->where, service);
    strbuf_printf(&finding->what, "mail is accepted when closedrelay does not answer (%s = accept)", setting);
    strbuf_append_text(&finding->change, service == NULL ? "milter_default_action = tempfail"
                                                         : "  -o milter_default_action=tempfail");
}

static void check_default_action(const struct doctor_case *with, const struct postfix_settings *settings,
                                 const struct postfix_service *service, struct slice entry)
{
    bool is_own;
    const char *action = postfix_service_setting(settings, service, "milter_default_action", &is_own);
    struct slice word, option;
    while (setting_words_next(&entry, &word))
        if (setting_word_option(word, "default_action", &option)) {
            if (slice_equal_nocase(option, slice_of("accept")))
                report_open_default(with, service, "default_action in smtpd_milters");
            return;
        }
    if (is_own && action != NULL && strcmp(action, "accept") == 0)
        report_open_default(with, service, "milter_default_action");
}

static void check_global_default(const struct doctor_case *with, const struct postfix_settings *settings)
{
    const char *action = postfix_setting(settings, "milter_default_action");
    if (action == NULL)
        return;
    if (strcmp(action, "accept") == 0) {
        report_open_default(with, NULL, "milter_default_action");
    } else if (strcmp(action, "reject") == 0) {
        struct doctor_finding *finding = doctor_report_add(
            with->report, DOCTOR_WARNING, "fails_hard",
            "A restart of closedrelay then costs mail: senders get a final refusal instead of trying "
            "again.");
        postfix_place(&finding->where, NULL);
        strbuf_append_text(&finding->what, "mail is refused for good when closedrelay does not answer");
        strbuf_append_text(&finding->change, "milter_default_action = tempfail");
    }
}

static bool has_no_milters(const struct postfix_settings *settings, const struct postfix_service *service)
{
    const char *options = postfix_service_setting(settings, service, "receive_override_options", NULL);
    return options != NULL && setting_words_contain(options, "no_milters");
}

/* The default of milter_default_action is tempfail. */
static bool is_open_while_away(const struct postfix_settings *settings, const struct postfix_service *service,
                               struct slice entry)
{
    const char *action = postfix_service_setting(settings, service, "milter_default_action", NULL);
    struct slice word, option, in_force = slice_of(action == NULL ? "tempfail" : action);
    while (setting_words_next(&entry, &word))
        if (setting_word_option(word, "default_action", &option))
            in_force = option;
    return slice_equal_nocase(in_force, slice_of("accept"));
}

enum postfix_lock postfix_lock_of(const struct doctor_case *with, const struct postfix_settings *settings,
                                  const struct postfix_service *service)
{
    struct slice entry = {0};
    const char *list = postfix_service_setting(settings, service, "smtpd_milters", NULL);
    if (has_no_milters(settings, service) ||
        find_our_milter(with, settings, service, list, &entry) == MILTER_OTHER)
        return POSTFIX_NOT_ASKED;
    return is_open_while_away(settings, service, entry) ? POSTFIX_OPENS : POSTFIX_STAYS_SHUT;
}

/* ---- one service ------------------------------------------------------------------------------------ */

static void report_missing(const struct doctor_case *with, const struct postfix_settings *settings,
                           const struct postfix_service *service)
{
    struct strbuf ours;
    strbuf_init(&ours, 0);
    postfix_append_our_milter(with, settings, &ours);
    bool is_loopback = postfix_service_is_loopback(settings, service);
    struct doctor_finding *finding = doctor_report_add(
        with->report, is_loopback ? DOCTOR_NOTE : DOCTOR_PROBLEM,
        is_loopback ? "local_service" : "service_unseen",
        is_loopback
            ? "That is right where a content filter hands back what was seen before, and wrong where "
              "programs "
              "of this machine hand in mail."
            : "No rule of the policy holds for mail that comes in here: no limit, no check, no record.");
    postfix_place(&finding->where, service);
    strbuf_append_text(&finding->what,
                       is_loopback ? "a service on this machine's own address does not ask closedrelay"
                                   : "mail that comes in by this service is not shown to closedrelay");
    strbuf_printf(&finding->change, "  -o smtpd_milters=%s", strbuf_text(&ours));
    strbuf_deinit(&ours);
}

static void report_chroot(const struct doctor_case *with, const struct postfix_settings *settings,
                          const struct postfix_service *service)
{
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_PROBLEM, "socket_outside_chroot",
        "smtpd of this service sees nothing but what is below the queue directory, so it finds no "
        "socket and does what milter_default_action says, for every mail.");
    postfix_place(&finding->where, service);
    strbuf_printf(&finding->what, "closedrelay's socket %s is outside the chroot", with->needs.listen.path);
    strbuf_printf(&finding->change,
                  "# closedrelay.yaml\nlisten: unix:%s/closedrelay/milter.sock\n# main.cf\n"
                  "smtpd_milters = unix:closedrelay/milter.sock",
                  postfix_setting(settings, "queue_directory"));
}

static void check_options(const struct doctor_case *with, const struct postfix_settings *settings,
                          const struct postfix_service *service)
{
    if (!has_no_milters(settings, service))
        return;
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_PROBLEM, "no_milters",
        "no_milters switches every milter off for mail that comes in here, whatever smtpd_milters "
        "says.");
    postfix_place(&finding->where, service);
    strbuf_append_text(&finding->what, "receive_override_options has no_milters");
    strbuf_append_text(&finding->change, "  -o receive_override_options=");
}

static bool check_service(const struct doctor_case *with, const struct postfix_settings *settings,
                          const struct postfix_service *service)
{
    struct slice entry = {0};
    const char *list = postfix_service_setting(settings, service, "smtpd_milters", NULL);
    switch (find_our_milter(with, settings, service, list, &entry)) {
    case MILTER_OTHER:
        report_missing(with, settings, service);
        return false;
    case MILTER_OUTSIDE_CHROOT:
        report_chroot(with, settings, service);
        return true;
    case MILTER_OURS:
        check_options(with, settings, service);
        check_default_action(with, settings, service, entry);
    }
    return true;
}

/* ---- all of them ------------------------------------------------------------------------------------ */

static void report_nowhere(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct doctor_finding *finding = doctor_report_add(with->report, DOCTOR_PROBLEM, "not_asked",
                                                       "The policy is not in force for any mail.");
    postfix_place(&finding->where, NULL);
    strbuf_append_text(&finding->what, "no service of Postfix asks closedrelay");
    strbuf_append_text(&finding->change, "smtpd_milters = ");
    postfix_append_our_milter(with, settings, &finding->change);
}

static bool is_asked_anywhere(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct slice entry;
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct postfix_service *service = &settings->services[i];
        const char *list = postfix_service_setting(settings, service, "smtpd_milters", NULL);
        if (postfix_service_is_smtpd(service) &&
            find_our_milter(with, settings, service, list, &entry) != MILTER_OTHER)
            return true;
    }
    return false;
}

static void check_protocol(const struct doctor_case *with, const struct postfix_settings *settings)
{
    const char *protocol = postfix_setting(settings, "milter_protocol");
    uint64_t version;
    if (protocol == NULL || !setting_number(slice_make(protocol, strspn(protocol, "0123456789")), &version) ||
        version >= MILTER_PROTOCOL_LEAST)
        return;
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_PROBLEM, "protocol",
        "closedrelay asks for the macros it needs, and for leave to drop recipients; older protocols "
        "have no way to ask, so logins and queue ids would be missing.");
    postfix_place(&finding->where, NULL);
    strbuf_printf(&finding->what, "the milter protocol is too old (milter_protocol = %s)", protocol);
    strbuf_append_text(&finding->change, "milter_protocol = 6");
}

static void check_maps(const struct doctor_case *with, const struct postfix_settings *settings)
{
    const char *maps = postfix_setting(settings, "smtpd_milter_maps");
    if (maps == NULL || maps[0] == '\0')
        return;
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_WARNING, "milter_maps",
        "What the table says replaces smtpd_milters for a client: DISABLE, or a list without "
        "closedrelay, and it sends past the policy. relay.trusted_networks and overrides do the same "
        "within it, and keep the record.");
    postfix_place(&finding->where, NULL);
    strbuf_printf(&finding->what, "some clients have milters of their own (smtpd_milter_maps = %s)", maps);
    strbuf_append_text(&finding->change, "smtpd_milter_maps =");
}

static void check_timeout(const struct doctor_case *with, const struct postfix_settings *settings,
                          const char *name, uint64_t least_ms, const char *suggestion)
{
    const char *text = postfix_setting(settings, name);
    uint64_t time_ms;
    if (text == NULL || !setting_time_ms(slice_of(text), 1000, &time_ms) || time_ms >= least_ms)
        return;
    struct doctor_finding *finding = doctor_report_add(
        with->report, DOCTOR_WARNING, "timeout",
        "closedrelay waits for DNS up to its own limit (dns.timeout); where Postfix gives up earlier, "
        "it takes closedrelay for dead and does what milter_default_action says for the rest of the "
        "session.");
    postfix_place(&finding->where, NULL);
    strbuf_printf(&finding->what, "Postfix waits only %s for an answer (%s)", text, name);
    strbuf_printf(&finding->change, "%s = %s", name, suggestion);
}

static void check_local_mail(const struct doctor_case *with, const struct postfix_settings *settings)
{
    struct slice entry;
    const char *list = postfix_setting(settings, "non_smtpd_milters");
    bool is_asked = find_our_milter(with, settings, NULL, list, &entry) != MILTER_OTHER;
    struct doctor_finding *finding =
        doctor_report_add(with->report, DOCTOR_NOTE, is_asked ? "local_mail_seen" : "local_mail_unseen",
                          is_asked ? "Such mail has the role local. A recipient of it is never refused, for "
                                     "Postfix would keep the whole "
                                     "message in its queue; the message as a whole may be."
                                   : "Scripts and users of this machine can send anything anywhere. To see "
                                     "their mail, name closedrelay "
                                     "there too; it then has the role local.");
    postfix_place(&finding->where, NULL);
    strbuf_printf(&finding->what,
                  "mail of the sendmail command is %sshown to closedrelay (non_smtpd_milters)",
                  is_asked ? "" : "not ");
    if (is_asked)
        return;
    strbuf_append_text(&finding->change, "non_smtpd_milters = ");
    postfix_append_our_milter(with, settings, &finding->change);
}

void postfix_check_milters(const struct doctor_case *with, const struct postfix_settings *settings)
{
    if (!is_asked_anywhere(with, settings)) {
        report_nowhere(with, settings);
        return;
    }
    for (size_t i = 0; i < settings->service_count; i++)
        if (postfix_service_is_smtpd(&settings->services[i]))
            check_service(with, settings, &settings->services[i]);
    check_global_default(with, settings);
    check_protocol(with, settings);
    check_maps(with, settings);
    check_timeout(with, settings, "milter_connect_timeout", 5000, "30s");
    check_timeout(with, settings, "milter_command_timeout", with->needs.wait_ms + 5000, "30s");
    check_timeout(with, settings, "milter_content_timeout", 30000, "300s");
    check_local_mail(with, settings);
    if (with->needs.listen.kind == ENDPOINT_UNIX) {
        const char *owner = postfix_setting(settings, "mail_owner");
        socket_check(with, with->needs.listen.path, owner == NULL ? "postfix" : owner);
    }
}
