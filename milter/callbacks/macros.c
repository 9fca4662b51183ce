#include "macros.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKED_ONLY SIZE_MAX

struct macro {
    const char *name;
    size_t offset; /* of the const char * in the stage's struct, or ASKED_ONLY: read by name */
    int stage;     /* SMFIM_ */
    bool is_xtext; /* when it comes from Sendmail */
};

#define CONNECT_FACT(field) offsetof(struct policy_connect, field)
#define MAIL_FACT(field) offsetof(struct policy_mail, field)
#define RCPT_FACT(field) offsetof(struct policy_recipient, field)

static const struct macro macro_table[] = {
    {"v", CONNECT_FACT(mta_version), SMFIM_CONNECT, false},
    {"{daemon_name}", CONNECT_FACT(daemon_name), SMFIM_CONNECT, false},
    {"i", MAIL_FACT(queue_id), SMFIM_ENVFROM, false},
    {"{auth_type}", MAIL_FACT(auth_type), SMFIM_ENVFROM, false},
    {"{auth_authen}", MAIL_FACT(auth_authen), SMFIM_ENVFROM, true},
    {"{tls_version}", MAIL_FACT(tls.version), SMFIM_ENVFROM, false},
    {"{cipher}", MAIL_FACT(tls.cipher), SMFIM_ENVFROM, false},
    {"{cert_subject}", MAIL_FACT(tls.cert_subject), SMFIM_ENVFROM, true},
    {"{cert_issuer}", MAIL_FACT(tls.cert_issuer), SMFIM_ENVFROM, true},
    {"{cert_fp}", MAIL_FACT(tls.cert_fingerprint), SMFIM_ENVFROM, false},
    {"{cn_subject}", MAIL_FACT(tls.cert_common_name), SMFIM_ENVFROM, true},
    {"{verify}", ASKED_ONLY, SMFIM_ENVFROM, false},
    {"{rcpt_mailer}", RCPT_FACT(mailer), SMFIM_ENVRCPT, false},
    {"i", ASKED_ONLY, SMFIM_ENVRCPT, false},
    /* Sendmail looks at the EOM list only where there is one for EOH. */
    {"i", ASKED_ONLY, SMFIM_EOH, false},
    {"i", ASKED_ONLY, SMFIM_EOM, false},
};

enum { MACRO_COUNT = sizeof macro_table / sizeof macro_table[0] };

enum { STAGE_COUNT = SMFIM_LAST + 1, LIST_BYTES_MAX = 256 };

static pthread_once_t lists_made = PTHREAD_ONCE_INIT;
static char lists[STAGE_COUNT][LIST_BYTES_MAX];

/*
 * Every stage has a list, so that nothing is sent that nobody reads, and every list begins with "j", which is
 * always defined: where the MTA has no value to send, libmilter keeps those of the message before, and a
 * login must not outlive its message.
 */
static void make_lists(void)
{
    for (int stage = SMFIM_FIRST; stage < STAGE_COUNT; stage++)
        strcpy(lists[stage], "j");
    for (size_t i = 0; i < MACRO_COUNT; i++) {
        char *list = lists[macro_table[i].stage];
        size_t used = strlen(list);
        int added = snprintf(list + used, LIST_BYTES_MAX - used, " %s", macro_table[i].name);
        assert(used + (size_t)added < LIST_BYTES_MAX);
    }
}

bool macros_request(SMFICTX *ctx)
{
    bool all_set = true;
    pthread_once(&lists_made, make_lists);
    for (int stage = SMFIM_FIRST; stage < STAGE_COUNT; stage++)
        all_set = smfi_setsymlist(ctx, stage, lists[stage]) == MI_SUCCESS && all_set;
    return all_set;
}

static const char *read_macro(SMFICTX *ctx, const char *name)
{
    /* libmilter's prototype lacks the const; it only reads the name. */
    return smfi_getsymval(ctx, (char *)name);
}

static const char **field_of(void *facts, const struct macro *macro)
{
    return (const char **)((char *)facts + macro->offset);
}

static void read_stage(SMFICTX *ctx, int stage, void *facts)
{
    for (size_t i = 0; i < MACRO_COUNT; i++)
        if (macro_table[i].stage == stage && macro_table[i].offset != ASKED_ONLY)
            *field_of(facts, &macro_table[i]) = read_macro(ctx, macro_table[i].name);
}

void macros_read_connect(SMFICTX *ctx, struct policy_connect *connect)
{
    read_stage(ctx, SMFIM_CONNECT, connect);
}

void macros_read_recipient(SMFICTX *ctx, struct policy_recipient *recipient)
{
    read_stage(ctx, SMFIM_ENVRCPT, recipient);
}

const char *macros_read_queue_id(SMFICTX *ctx)
{
    return read_macro(ctx, "i");
}

bool mta_uses_xtext(const char *mta_version)
{
    return mta_version != NULL && mta_version[0] != '\0' && strncmp(mta_version, "Postfix", 7) != 0;
}

/* RFC 3461, 4: upper case only. What is written otherwise was not encoded. */
static int xtext_digit(char c)
{
    return c >= 'a' && c <= 'f' ? -1 : ascii_hex_value(c);
}

bool xtext_decode(const char *text, char *out)
{
    for (; *text != '\0'; text++) {
        if (*text != '+') {
            *out++ = *text;
            continue;
        }
        int high = xtext_digit(text[1]);
        int low = high < 0 ? -1 : xtext_digit(text[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *out++ = (char)(high * 16 + low);
        text += 2;
    }
    *out = '\0';
    return true;
}

static bool decode_field(const char **field, struct mail_macros *macros)
{
    if (*field == NULL || strchr(*field, '+') == NULL)
        return true;
    char *decoded = malloc(strlen(*field) + 1);
    if (decoded == NULL)
        return false;
    if (!xtext_decode(*field, decoded)) { /* no xtext: taken as it is */
        free(decoded);
        return true;
    }
    *field = macros->decoded[macros->decoded_count++] = decoded;
    return true;
}

static bool decode_mail(struct policy_mail *mail, struct mail_macros *macros)
{
    bool decoded = true;
    for (size_t i = 0; i < MACRO_COUNT; i++)
        if (macro_table[i].stage == SMFIM_ENVFROM && macro_table[i].is_xtext)
            decoded = decode_field(field_of(mail, &macro_table[i]), macros) && decoded;
    return decoded;
}

/* Postfix names a certificate's subject only after it has verified it; Sendmail names any, and says in
 * {verify} what came of it. */
static bool certificate_verified(SMFICTX *ctx, const char *mta_version, const struct tls_facts *tls)
{
    if (tls->cert_subject == NULL || tls->cert_subject[0] == '\0')
        return false;
    const char *verify = read_macro(ctx, "{verify}");
    if (verify != NULL)
        return strcmp(verify, "OK") == 0;
    return mta_version != NULL && strncmp(mta_version, "Postfix", 7) == 0;
}

bool macros_read_mail(SMFICTX *ctx, const char *mta_version, struct policy_mail *mail,
                      struct mail_macros *macros)
{
    memset(macros, 0, sizeof *macros);
    read_stage(ctx, SMFIM_ENVFROM, mail);
    mail->tls.cert_verified = certificate_verified(ctx, mta_version, &mail->tls);
    return !mta_uses_xtext(mta_version) || decode_mail(mail, macros);
}

void macros_mail_deinit(struct mail_macros *macros)
{
    for (unsigned i = 0; i < macros->decoded_count; i++)
        free(macros->decoded[i]);
    macros->decoded_count = 0;
}
