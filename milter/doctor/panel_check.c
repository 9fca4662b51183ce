/* Which hosting product set this machine up, and where closedrelay belongs in it. */
#include "doctor_checks.h"

#include <unistd.h>

struct panel {
    const char *name;
    const char *sign;  /* a file that only it has */
    const char *where; /* what is changed */
    const char *trap;  /* what goes wrong there */
    const char *lines; /* to write; %s is closedrelay as Postfix writes it */
};

static const struct panel panels[] = {
    {"mailcow", "/opt/mailcow-dockerized/mailcow.conf",
     "/opt/mailcow-dockerized: data/conf/postfix/extra.cf, docker-compose.override.yml",
     "Postfix is in a container: closedrelay runs as a service of the same network. Ports 589 to 591 are mailcow's own and "
     "ask no milter, which is right.",
     "# extra.cf\n"
     "smtpd_milters = inet:closedrelay-mailcow:10891 inet:rspamd:9900\n"
     "non_smtpd_milters = inet:closedrelay-mailcow:10891 inet:rspamd:9900\n"
     "milter_default_action = tempfail\n"
     "# docker-compose.override.yml\n"
     "services: { closedrelay-mailcow: { image: closedrelay, networks: [mailcow-network] } }"},
    {"iRedMail", "/etc/iredmail-release", "Postfix's main.cf and master.cf",
     "Amavis hands mail back at 127.0.0.1:10025, which would make closedrelay see every message twice.",
     "postconf -e 'smtpd_milters = %s'\n"
     "postconf -e 'milter_default_action = tempfail'\n"
     "postconf -P '127.0.0.1:10025/inet/smtpd_milters='\n"
     "postfix reload"},
    {"Mail-in-a-Box", "/etc/mailinabox.conf", "Postfix's main.cf and master.cf",
     "Its ports for users have smtpd_milters of their own, so main.cf alone leaves every login unseen; and mail passes "
     "while a milter is away. `mailinabox` writes all of it anew: run these lines after it.",
     "postconf -e 'smtpd_milters = %s inet:127.0.0.1:8891 inet:127.0.0.1:8893'\n"
     "postconf -P 'smtps/inet/smtpd_milters=%s,inet:127.0.0.1:8891'\n"
     "postconf -P 'submission/inet/smtpd_milters=%s,inet:127.0.0.1:8891'\n"
     "postconf -e 'milter_default_action = tempfail'\n"
     "postfix reload"},
    {"docker-mailserver", "/usr/local/bin/start-mailserver.sh", "docker-data/dms/config/user-patches.sh",
     "main.cf is made at every start of the container, with milter_default_action = accept.",
     "#!/bin/bash\n"
     "postconf -e \"smtpd_milters = %s $(postconf -h smtpd_milters)\"\n"
     "postconf -e 'milter_default_action = tempfail'"},
    {"Plesk", "/usr/local/psa/version", "Postfix's main.cf",
     "Plesk writes main.cf anew when it is repaired or upgraded: run these lines after it. Its own list begins with a comma, "
     "which is right.",
     "postconf -e \"smtpd_milters = %s $(postconf -h smtpd_milters)\"\n"
     "postconf -e 'milter_default_action = tempfail'\n"
     "postfix reload"},
    {"ISPConfig", "/usr/local/ispconfig/server/lib/config.inc.php", "Postfix's main.cf and master.cf",
     "ISPConfig writes main.cf anew at its updates (\"reconfigure services\"): run these lines after it, or put them into "
     "server/conf-custom/install. With Amavis, mail comes back at 127.0.0.1:10025 and 10027.",
     "postconf -e \"smtpd_milters = %s $(postconf -h smtpd_milters)\"\n"
     "postconf -e 'milter_default_action = tempfail'\n"
     "postfix reload"},
};

/* `lines` with closedrelay's address in the place of each %s. */
static void append_lines(struct strbuf *out, const char *lines, const char *ours)
{
    for (const char *place; (place = strstr(lines, "%s")) != NULL; lines = place + 2) {
        strbuf_append_slice(out, slice_make(lines, (size_t)(place - lines)));
        strbuf_append_text(out, ours);
    }
    strbuf_append_text(out, lines);
}

static void append_ours(const struct doctor *doctor, struct strbuf *out)
{
    const struct config_endpoint *listen = &doctor->needs.listen;
    if (listen->kind == ENDPOINT_UNIX)
        strbuf_printf(out, "unix:%s", listen->path);
    else
        strbuf_printf(out, "inet:127.0.0.1:%u", listen->port);
}

static void report(const struct doctor *doctor, const struct panel *panel)
{
    struct doctor_finding *finding = doctor_report_add(doctor->report, DOCTOR_NOTE, "panel", panel->trap);
    struct strbuf ours;
    strbuf_init(&ours, 0);
    append_ours(doctor, &ours);
    strbuf_append_text(&finding->where, panel->where);
    strbuf_printf(&finding->what, "this is a machine of %s: closedrelay belongs before its other milters",
                  panel->name);
    append_lines(&finding->change, panel->lines, strbuf_text(&ours));
    strbuf_deinit(&ours);
}

void panel_check(const struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++)
        if (access(panels[i].sign, F_OK) == 0)
            report(doctor, &panels[i]);
}

bool panel_is_here(void)
{
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++)
        if (access(panels[i].sign, F_OK) == 0)
            return true;
    return false;
}
