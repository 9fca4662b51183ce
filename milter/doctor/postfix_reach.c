/* Does closedrelay answer each service that names it, seen from where that service runs? */
#include "socket/port_holder.h"
#include "milter_probe.h"
#include "postfix_checks.h"
#include "setting_value.h"

#include <errno.h>
#include <stdlib.h>

/* What services of one Postfix have in common is tried once. */
struct tried {
    char *address;
    bool is_chrooted;
    struct tried *before;
};

static bool was_tried(const struct tried *tried, const char *address, bool is_chrooted)
{
    for (; tried != NULL; tried = tried->before)
        if (tried->is_chrooted == is_chrooted && strcmp(tried->address, address) == 0)
            return true;
    return false;
}

static void append_holder(const struct doctor *doctor, struct strbuf *out)
{
    char name[PORT_HOLDER_NAME_BYTES];
    struct strbuf holder;
    strbuf_init(&holder, 0);
    if (doctor->needs.listen.kind != ENDPOINT_UNIX &&
        port_holder_append(&doctor->needs.listen, name, &holder))
        strbuf_printf(out, " (%s)", strbuf_text(&holder));
    strbuf_deinit(&holder);
}

static const char *why_not(int error)
{
    return error == 0              ? "the name of the host is not known there"
           : error == ECONNREFUSED ? "nobody listens there: closedrelay does not run, or listens elsewhere"
           : error == ENOENT       ? "there is no such socket: closedrelay does not run, or listens elsewhere"
           : error == EACCES       ? "its user may not use the socket"
                                   : strerror(error);
}

static void report(const struct doctor *doctor, const struct postfix_service *service, const char *address,
                   enum milter_answer answer, int error)
{
    struct doctor_finding *finding = postfix_add(
        doctor, DOCTOR_PROBLEM, answer == MILTER_NOT_REACHED ? "no_answer" : "no_milter", service,
        "Tried as that service does it, in its directory, its chroot and as its user. Mail is treated by "
        "milter_default_action until it answers.");
    if (answer == MILTER_NOT_REACHED) {
        strbuf_printf(&finding->what, "closedrelay does not answer at %s: %s", address, why_not(error));
        strbuf_append_text(&finding->change, "systemctl restart closedrelay; journalctl -u closedrelay");
        return;
    }
    strbuf_printf(&finding->what, "what answers at %s does not speak the milter protocol", address);
    append_holder(doctor, &finding->what);
    strbuf_append_text(&finding->change, "# closedrelay.yaml: another port, and the same in smtpd_milters\n"
                                         "listen: inet:10891@127.0.0.1");
}

static void probe(const struct doctor *doctor, const struct postfix_service *service, const char *address,
                  bool is_chrooted)
{
    const char *owner = postfix_setting(doctor->postfix, "mail_owner");
    const struct milter_probe tries = {.address = address,
                                       .directory = postfix_setting(doctor->postfix, "queue_directory"),
                                       .is_chrooted = is_chrooted,
                                       .user = owner == NULL ? "postfix" : owner};
    int error;
    enum milter_answer answer = milter_probe(&tries, &error);
    if (answer == MILTER_NOT_REACHED || answer == MILTER_SAYS_NOTHING)
        report(doctor, service, address, answer, error);
}

/* Another milter, or another closedrelay, that took the port first. systemd has it for closedrelay. */
static void check_holder(const struct doctor *doctor)
{
    char name[PORT_HOLDER_NAME_BYTES];
    struct strbuf holder;
    strbuf_init(&holder, 0);
    if (doctor->needs.listen.kind != ENDPOINT_UNIX &&
        port_holder_append(&doctor->needs.listen, name, &holder) && name[0] != '\0' &&
        strncmp(name, "closedrelay", 11) != 0 && strcmp(name, "systemd") != 0) {
        struct doctor_finding *finding = doctor_report_add(
            doctor->report, DOCTOR_PROBLEM, "port_taken",
            "Postfix asks that program and takes its answers for closedrelay's: no rule of the policy "
            "holds.");
        strbuf_append_text(&finding->where, "closedrelay.yaml");
        strbuf_printf(&finding->what, "another program has the port %u: %s", doctor->needs.listen.port,
                      strbuf_text(&holder));
        strbuf_append_text(&finding->change,
                           "listen: inet:10891@127.0.0.1    # and the same port in smtpd_milters");
    }
    strbuf_deinit(&holder);
}

/* The rights of a unix socket, and a socket outside the chroot, were told already (socket_check). */
static bool is_told(const struct doctor *doctor)
{
    static const char *const ids[] = {"no_socket", "socket_rights", "socket_outside_chroot"};
    for (size_t i = 0; i < doctor->report->count; i++)
        for (size_t j = 0; j < sizeof ids / sizeof ids[0]; j++)
            if (strcmp(doctor->report->findings[i]->id, ids[j]) == 0)
                return true;
    return false;
}

void postfix_check_reach(const struct doctor *doctor)
{
    struct tried *tried = NULL;
    if (is_told(doctor))
        return;
    for (size_t i = 0; i < doctor->postfix->service_count; i++) {
        const struct postfix_service *service = &doctor->postfix->services[i];
        const char *list = postfix_service_setting(doctor->postfix, service, "smtpd_milters", NULL);
        struct slice entry, address;
        if (!postfix_service_is_smtpd(service) ||
            postfix_find_our_milter(doctor, service, list, &entry) != MILTER_OURS ||
            !setting_next_word(&entry, &address))
            continue;
        bool is_chrooted = postfix_is_chrooted(doctor, service);
        char *text = strndup(address.data, address.length);
        struct tried *next = malloc(sizeof *next);
        if (text == NULL || next == NULL || was_tried(tried, text, is_chrooted)) {
            free(text);
            free(next);
            continue;
        }
        *next = (struct tried){text, is_chrooted, tried};
        tried = next;
        probe(doctor, service, text, is_chrooted);
    }
    while (tried != NULL) {
        struct tried *before = tried->before;
        free(tried->address);
        free(tried);
        tried = before;
    }
    check_holder(doctor);
}
