/*
 * What `postconf -x`, `postconf -M` and `postconf -P -x` print, one behind the other, as settings that can be
 * asked.
 *
 * "name = value" is a setting of main.cf, "service/type/name = value" one that master.cf overrides, and what
 * has the eight columns of master.cf is a service. Lines of other forms are skipped. Constant once read; one
 * thread.
 */
#ifndef CLOSEDRELAY_MILTER_POSTFIX_SETTINGS_H
#define CLOSEDRELAY_MILTER_POSTFIX_SETTINGS_H

#include "policy.h"

struct postfix_service {
    struct slice name;    /* "smtp", "submission", "127.0.0.1:10025" */
    struct slice type;    /* "inet", "unix", "pass" */
    struct slice chroot;  /* "y", "n", "-" */
    struct slice command; /* "smtpd", "postscreen" */
};

struct postfix_setting {
    const char *name;
    const char *value;
    char *own; /* the value, where it is not in the text; or NULL */
};

struct postfix_settings {
    char *text; /* what the others point into */
    struct postfix_setting *settings;
    size_t setting_count;
    struct postfix_service *services;
    size_t service_count;
};

/* False: out of memory. `output` may have any bytes. */
bool postfix_settings_read(struct postfix_settings *settings, struct slice output);
void postfix_settings_deinit(struct postfix_settings *settings);

/* Puts what the files of lists of networks say (mynetworks = /etc/postfix/networks,
 * cidr:/etc/postfix/networks) in the place of their names; those that cannot be read stay. Reads files of
 * this machine. False: out of memory. */
bool postfix_settings_read_networks(struct postfix_settings *settings);

/* The value in main.cf or Postfix's own default; NULL: this Postfix does not know the name. */
const char *postfix_setting(const struct postfix_settings *settings, const char *name);

/* The same as it is for one service; `*is_own` (may be NULL) whether master.cf says so. `service` NULL:
 * main.cf. */
const char *postfix_service_setting(const struct postfix_settings *settings,
                                    const struct postfix_service *service, const char *name, bool *is_own);

/* Whether mail comes in by it: smtpd behind a port, or behind postscreen. */
bool postfix_service_is_smtpd(const struct postfix_service *service);

/* Whether only the machine itself reaches it. */
bool postfix_service_is_loopback(const struct postfix_settings *settings,
                                 const struct postfix_service *service);

/* Whether it is for logins: the services submission (587) and submissions or smtps (465). */
bool postfix_service_is_submission(const struct postfix_service *service);

/* Appends where the setting would be changed: "main.cf", or "master.cf, service submission/inet". */
void postfix_place(struct strbuf *out, const struct postfix_service *service);

#endif
