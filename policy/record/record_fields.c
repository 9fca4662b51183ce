#include "record/record_fields.h"

#define IN(line) (1u << RECORD_LINE_##line)
#define EVERY ((1u << RECORD_LINE_COUNT) - 1)
#define NONE 0u
#define ABOUT_SOMEBODY (IN(BLOCK) | IN(UNBLOCK) | IN(LOCK) | IN(UNLOCK) | IN(WARN))
#define ABOUT_POLICY (IN(START) | IN(POLICY))
#define BY_SOMEBODY                                                                                          \
    (IN(POLICY) | IN(RELOAD_REFUSED) | IN(GRANT) | IN(BLOCK) | IN(UNBLOCK) | IN(LOCK) | IN(UNLOCK) |         \
     IN(LOOKUP))

#define ACTIONS "accept|hold|defer|reject"

/* clang-format off: a row is read as a whole */
const struct record_field record_fields[] = {
    /*  key                            name, depth, value, where it may stand, where it always does, privacy,
       values, meaning */
    [RECORD_V] = {"v", 0, RECORD_VALUE_U64, EVERY, EVERY, PRIVACY_NONE, NULL,
                  "The version of the record: 1. It rises only when the meaning of a key changes."},
    [RECORD_TYPE] =
        {"type", 0, RECORD_VALUE_ENUM, EVERY, EVERY, PRIVACY_NONE,
         "message|start|stop|policy|reload_refused|list|grant|login|block|unblock|lock|unlock|warn|table|record_lost|lookup",
         "What the line is about: a message, or an event."},
    [RECORD_TIME] = {"time", 0, RECORD_VALUE_TIME, EVERY, EVERY, PRIVACY_NONE, NULL,
                     "When the verdict fell, or the event happened: RFC 3339, UTC, microseconds."},
    [RECORD_ID] =
        {"id", 0, RECORD_VALUE_TEXT, EVERY, EVERY, PRIVACY_NONE, NULL,
         "The incident id: 12 characters, the first 7 of them seconds; a message's is in every refusal text too."},
    [RECORD_HOST] = {"host", 0, RECORD_VALUE_TEXT, EVERY, EVERY, PRIVACY_NONE, NULL,
                     "The host that wrote the line."},
    [RECORD_SESSION] = {"session", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                        "The connection: the same for all its messages."},
    [RECORD_QUEUE_ID] = {"queue_id", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                         "The MTA's, `\"\"` where it had none yet."},
    [RECORD_POLICY] =
        {"policy", 0, RECORD_VALUE_TEXT, IN(MESSAGE) | ABOUT_POLICY, IN(MESSAGE) | ABOUT_POLICY, PRIVACY_NONE,
         NULL,
         "A short hash of the effective configuration that the message was judged by; comments do not change it."},
    [RECORD_MODE] = {"mode", 0, RECORD_VALUE_ENUM, IN(MESSAGE) | ABOUT_POLICY, ABOUT_POLICY, PRIVACY_NONE,
                     "enforce|monitor|off", "The global `mode`, where a message's is not `enforce`."},
    [RECORD_ROLE] = {"role", 0, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                     "submission|trusted|local|outside", "The part the client plays."},
    [RECORD_ROLE_REASON] = {"role_reason", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                            "How that was found: `recent_login`, …; `\"\"` for outside."},
    [RECORD_USER] =
        {"user", 0, RECORD_VALUE_TEXT, IN(MESSAGE) | IN(GRANT) | IN(LOGIN), IN(MESSAGE), PRIVACY_IDENTITY,
         NULL,
         "The identity of the role: the login in canonical form, the network or certificate that is trusted, … or `\"\"`."},
    [RECORD_CUSTOMER] = {"customer", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_IDENTITY, NULL,
                         "Whom `user` belongs to by `customers`, or `\"\"`."},
    [RECORD_SERVICE] =
        {"service", 0, RECORD_VALUE_TEXT, IN(MESSAGE) | IN(LOGIN), IN(MESSAGE), PRIVACY_NONE, NULL,
         "The MTA's service, its macro `{daemon_name}`, or `\"\"`; of a login: `imap`, `pop3`, …"},
    [RECORD_CLIENT] = {"client", 0, RECORD_VALUE_OBJECT, IN(MESSAGE) | IN(GRANT) | IN(LOGIN),
                       IN(MESSAGE) | IN(GRANT), PRIVACY_NONE, NULL, "Who connected."},
    [RECORD_CLIENT_ADDRESS] = {"ip", 1, RECORD_VALUE_TEXT, IN(MESSAGE) | IN(GRANT) | IN(LOGIN),
                               IN(MESSAGE) | IN(GRANT) | IN(LOGIN), PRIVACY_CLIENT_IP, NULL,
                               "Its address; `\"\"` where the MTA knew none; of a grant also a network."},
    [RECORD_CLIENT_HOST] = {"name", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_CLIENT_NAME, NULL,
                            "Its host name, as the MTA verified it."},
    [RECORD_CLIENT_PORT] = {"port", 1, RECORD_VALUE_U64, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                            "Its port; 0 for mail handed in on the machine."},
    [RECORD_HELO] = {"helo", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_CLIENT_NAME, NULL,
                     "What the client called itself."},
    [RECORD_AUTH] = {"auth", 0, RECORD_VALUE_OBJECT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                     "The login as the MTA told it; `{}` without one."},
    [RECORD_AUTH_TYPE] = {"type", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                          "The SASL mechanism."},
    [RECORD_AUTH_LOGIN] = {"login", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_IDENTITY, NULL,
                           "The name, letter by letter as it was authenticated."},
    [RECORD_TLS] = {"tls", 0, RECORD_VALUE_OBJECT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                    "The encryption; `{}` without TLS."},
    [RECORD_TLS_VERSION] = {"version", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                            "`TLSv1.3`, …"},
    [RECORD_TLS_CIPHER] = {"cipher", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                           "The cipher suite."},
    [RECORD_TLS_CERT_SUBJECT] = {"cert_subject", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_IDENTITY,
                                 NULL, "Of the client's certificate, as the MTA gives it."},
    [RECORD_TLS_CERT_ISSUER] = {"cert_issuer", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                                "Who signed it."},
    [RECORD_TLS_CERT_VERIFIED] = {"cert_verified", 1, RECORD_VALUE_BOOL, IN(MESSAGE), NONE, PRIVACY_NONE,
                                  NULL, "Whether the MTA vouches for it."},
    [RECORD_TLS_CERT_FINGERPRINT] = {"cert_fingerprint", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE,
                                     PRIVACY_IDENTITY, NULL, "Its fingerprint, where the MTA tells one."},
    [RECORD_SENDER] = {"sender", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_ADDRESS, NULL,
                       "The envelope sender, `\"\"` for the null sender."},
    [RECORD_FROM] = {"from", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_ADDRESS_TEXT, NULL,
                     "The first header field From:, as it came."},
    [RECORD_FROM_MORE] = {"from_more", 0, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_ADDRESS_TEXT, NULL,
                          "Further fields From:, which no honest message has."},
    [RECORD_HEADER_SENDER] = {"header_sender", 0, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_ADDRESS_TEXT,
                              NULL, "The header fields Sender:."},
    [RECORD_MESSAGE_ID] = {"message_id", 0, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_MESSAGE_NAME,
                           NULL, "The header field Message-ID:, as it came."},
    [RECORD_RECIPIENTS] = {"recipients", 0, RECORD_VALUE_OBJECTS, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                           NULL, "One for each RCPT, in their order; at most 10,000."},
    [RECORD_RECIPIENT_ADDRESS] = {"address", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_ADDRESS,
                                  NULL, "As it was given."},
    [RECORD_RECIPIENT_ACTION] =
        {"action", 1, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
         "accept|hold|reject|defer|drop|ignore|aborted",
         "What became of it, the message's own verdict included; `ignore`: the MTA refused it itself."},
    [RECORD_RECIPIENT_REASON] =
        {"reason", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "Why, where it was not accepted: the check and its reason, as `recipients.surplus`."},
    [RECORD_DECLARED_SIZE] = {"declared_size", 0, RECORD_VALUE_U64, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                              "Bytes, as `SIZE=` announced them at MAIL."},
    [RECORD_SIZE] = {"size", 0, RECORD_VALUE_U64, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                     "Bytes of header and body, as far as they came."},
    [RECORD_PARTS] = {"parts", 0, RECORD_VALUE_U64, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                      "How many MIME parts the message has, where its content was looked into."},
    [RECORD_ATTACHMENTS] = {"attachments", 0, RECORD_VALUE_OBJECTS, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                            NULL, "Each file in the message, those in archives too."},
    [RECORD_ATTACHMENT_PATH] = {"path", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_FILE_NAME,
                                NULL, "Where it is: `invoice.zip > scan.pdf.exe`."},
    [RECORD_ATTACHMENT_TYPE] = {"type", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                                "What its content is, where that runs when it is opened."},
    [RECORD_ATTACHMENT_SIZE] = {"size", 1, RECORD_VALUE_U64, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                                "Decoded bytes, as far as they were seen."},
    [RECORD_ATTACHMENT_OUTCOME] = {"outcome", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                                   NULL, "What the check attachments says of it: `pass`, `blocked`, …"},
    [RECORD_ATTACHMENT_CONDITIONS] =
        {"conditions", 1, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "Why it could not, or not wholly, be judged by its names: `encrypted`, …"},
    [RECORD_ATTACHMENT_NAMES] =
        {"names", 1, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_FILE_NAME, NULL,
         "The names under which clients would show it, where they are more than the end of its path."},
    [RECORD_ATTACHMENT_IS_MEMBER] =
        {"member", 1, RECORD_VALUE_BOOL, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "`true` for what stands inside another file that is listed, and whose size contains its own."},
    [RECORD_LISTS] =
        {"lists", 0, RECORD_VALUE_OBJECTS, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "What the DNS lists answered about the client, as it came and whether it counts or not."},
    [RECORD_LIST_ZONE] = {"zone", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                          "The list, without a secret key."},
    [RECORD_LIST_STATE] = {"state", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                           "`listed`, `not_listed`, or why there is no answer."},
    [RECORD_LIST_ANSWERS] = {"answers", 1, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                             "The addresses it gave: `127.0.0.4`."},
    [RECORD_FINDINGS] = {"findings", 0, RECORD_VALUE_OBJECTS, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                         "What each check found; the same is listed once, and at most 64."},
    [RECORD_FINDING_CHECK] = {"check", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                              "The check."},
    [RECORD_FINDING_OUTCOME] = {"outcome", 1, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                                "pass|fail|unknown", "What it says."},
    [RECORD_FINDING_REASON] = {"reason", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                               "Why, as a word that stays the same."},
    [RECORD_FINDING_DETAIL] = {"detail", 1, RECORD_VALUE_TEXT_OR_NULL, IN(MESSAGE), IN(MESSAGE),
                               PRIVACY_FREE_TEXT, NULL, "The evidence, in words."},
    [RECORD_FINDING_MODE] =
        {"mode", 1, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, "enforce|monitor|off",
         "Of the check, for this message; `monitor`: it would have counted, were the check enforced."},
    [RECORD_FINDING_ACTION] = {"action", 1, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE,
                               ACTIONS, "What the configuration asks for about it."},
    [RECORD_FINDING_RULE] = {"rule", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                             "`FILE:LINE` of the configuration that decided; absent where a default did."},
    [RECORD_FINDING_LIMIT] = {"limit", 1, RECORD_VALUE_U64, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                              "The limit, of a check that counts or measures."},
    [RECORD_FINDING_SEEN] = {"seen", 1, RECORD_VALUE_U64, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                             "What was counted or measured."},
    [RECORD_DSN] = {"dsn", 0, RECORD_VALUE_OBJECT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                    "Of a delivery report (RFC 3464) that tells of a failure."},
    [RECORD_DSN_MESSAGE_ID] = {"message_id", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_MESSAGE_NAME,
                               NULL, "The Message-ID of the message that came back."},
    [RECORD_DSN_RECIPIENTS] = {"recipients", 1, RECORD_VALUE_TEXTS, IN(MESSAGE), IN(MESSAGE), PRIVACY_ADDRESS,
                               NULL, "Those that it did not reach."},
    [RECORD_ARF] = {"arf", 0, RECORD_VALUE_OBJECT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
                    "Of a complaint (RFC 5965)."},
    [RECORD_ARF_TYPE] = {"type", 1, RECORD_VALUE_TEXT, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                         "Its Feedback-Type: `abuse`, …"},
    [RECORD_ARF_MESSAGE_ID] = {"message_id", 1, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_MESSAGE_NAME,
                               NULL, "The Message-ID of the message complained of."},
    [RECORD_ARF_RECIPIENTS] = {"recipients", 1, RECORD_VALUE_TEXTS, IN(MESSAGE), NONE, PRIVACY_ADDRESS, NULL,
                               "Who got it (Original-Rcpt-To)."},
    [RECORD_ORIGIN_IP] = {"origin_ip", 0, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_CLIENT_IP, NULL,
                          "The client behind a webmail that is trusted to name it."},
    [RECORD_FINGERPRINT] =
        {"fingerprint", 0, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "What is alike in one text sent to many: 16 hexadecimal digits, of which texts that are nearly alike share most bits."},
    [RECORD_VERDICT] =
        {"verdict", 0, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, ACTIONS "|aborted",
         "What became of the message; `aborted`: the client left before an answer to the whole of it."},
    [RECORD_ABORT_REASON] =
        {"abort_reason", 0, RECORD_VALUE_TEXT, IN(MESSAGE), NONE, PRIVACY_NONE, NULL,
         "Why and how far a message came that ended without an answer to the whole of it."},
    [RECORD_WOULD] = {"would", 0, RECORD_VALUE_ENUM, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, ACTIONS,
                      "The verdict, were everything in monitor mode enforced."},
    [RECORD_REPLY] = {"reply", 0, RECORD_VALUE_TEXT_OR_NULL, IN(MESSAGE), IN(MESSAGE), PRIVACY_FREE_TEXT,
                      NULL, "The SMTP reply as it was sent, or `null`."},
    [RECORD_DURATION_US] = {"duration_us", 0, RECORD_VALUE_U64, IN(MESSAGE), IN(MESSAGE), PRIVACY_NONE, NULL,
                            "Microseconds from MAIL to the verdict."},
    [RECORD_SUBJECT] = {"subject", 0, RECORD_VALUE_OBJECT, ABOUT_SOMEBODY | IN(LOOKUP),
                        ABOUT_SOMEBODY | IN(LOOKUP), PRIVACY_NONE, NULL, "Whom or what the event is about."},
    [RECORD_SUBJECT_KIND] = {"kind", 1, RECORD_VALUE_TEXT, ABOUT_SOMEBODY | IN(LOOKUP),
                             ABOUT_SOMEBODY | IN(LOOKUP), PRIVACY_NONE, NULL,
                             "`user`, `domain`, `network`, …; of a lookup the command."},
    [RECORD_SUBJECT_NAME] = {"name", 1, RECORD_VALUE_TEXT, ABOUT_SOMEBODY | IN(LOOKUP),
                             ABOUT_SOMEBODY | IN(LOOKUP), PRIVACY_IDENTITY, NULL, "Its name."},
    [RECORD_STATE] =
        {"state", 0, RECORD_VALUE_TEXT, IN(LIST) | IN(GRANT) | IN(TABLE) | IN(LOGIN) | ABOUT_SOMEBODY,
         IN(LIST) | IN(GRANT) | IN(TABLE), PRIVACY_NONE, NULL,
         "Of a list `suspended` or `back`; of a grant `given`, `taken` or `expired`; of a table `loaded`, `kept` or `failed`; of an account the step of the ladder."},
    [RECORD_REASON] = {"reason", 0, RECORD_VALUE_TEXT,
                       IN(STOP) | IN(RELOAD_REFUSED) | IN(LIST) | IN(GRANT) | IN(TABLE) | IN(LOST) |
                           IN(LOGIN) | ABOUT_SOMEBODY,
                       IN(RELOAD_REFUSED) | IN(LOST), PRIVACY_FREE_TEXT, NULL, "Why, in words."},
    [RECORD_UNTIL] = {"until", 0, RECORD_VALUE_TIME, IN(GRANT) | ABOUT_SOMEBODY, NONE, PRIVACY_NONE, NULL,
                      "When it ends by itself."},
    [RECORD_FILE] = {"file", 0, RECORD_VALUE_TEXT, ABOUT_POLICY | IN(RELOAD_REFUSED) | IN(TABLE),
                     ABOUT_POLICY | IN(TABLE), PRIVACY_NONE, NULL,
                     "The configuration, `\"\"` for the founding policy; or the table."},
    [RECORD_RELEASE] = {"release", 0, RECORD_VALUE_TEXT, IN(START), IN(START), PRIVACY_NONE, NULL,
                        "The version of the program."},
    [RECORD_ZONE] = {"zone", 0, RECORD_VALUE_TEXT, IN(LIST), IN(LIST), PRIVACY_NONE, NULL,
                     "The list, without a secret key."},
    [RECORD_ENTRIES] = {"entries", 0, RECORD_VALUE_U64, IN(TABLE), NONE, PRIVACY_NONE, NULL,
                        "How many the table has now."},
    [RECORD_ENTRIES_BEFORE] = {"entries_before", 0, RECORD_VALUE_U64, IN(TABLE), NONE, PRIVACY_NONE, NULL,
                               "How many it had before."},
    [RECORD_COUNT] = {"count", 0, RECORD_VALUE_U64, IN(LOST), IN(LOST), PRIVACY_NONE, NULL,
                      "How many records could not be written since the last line before."},
    [RECORD_LIMIT] = {"limit", 0, RECORD_VALUE_U64, ABOUT_SOMEBODY, NONE, PRIVACY_NONE, NULL,
                      "The limit that was reached."},
    [RECORD_SEEN] = {"seen", 0, RECORD_VALUE_U64, ABOUT_SOMEBODY, NONE, PRIVACY_NONE, NULL,
                     "What was counted."},
    [RECORD_BY] = {"by", 0, RECORD_VALUE_TEXT, BY_SOMEBODY, NONE, PRIVACY_NONE, NULL,
                   "Who did it, as the control socket's peer: `root (uid 0)`; absent where nobody did."},
};
/* clang-format on */

_Static_assert(sizeof record_fields / sizeof record_fields[0] == RECORD_KEY_COUNT, "a row for each key");

static const char *const line_names[RECORD_LINE_COUNT] = {
    [RECORD_LINE_MESSAGE] = "message",
    [RECORD_LINE_START] = "start",
    [RECORD_LINE_STOP] = "stop",
    [RECORD_LINE_POLICY] = "policy",
    [RECORD_LINE_RELOAD_REFUSED] = "reload_refused",
    [RECORD_LINE_LIST] = "list",
    [RECORD_LINE_GRANT] = "grant",
    [RECORD_LINE_LOGIN] = "login",
    [RECORD_LINE_BLOCK] = "block",
    [RECORD_LINE_UNBLOCK] = "unblock",
    [RECORD_LINE_LOCK] = "lock",
    [RECORD_LINE_UNLOCK] = "unlock",
    [RECORD_LINE_WARN] = "warn",
    [RECORD_LINE_TABLE] = "table",
    [RECORD_LINE_LOST] = "record_lost",
    [RECORD_LINE_LOOKUP] = "lookup",
};

const char *record_line_name(enum record_line line)
{
    return line_names[line];
}

enum record_line record_line_by_name(struct slice name)
{
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++)
        if (slice_equal(name, slice_of(line_names[line])))
            return line;
    return RECORD_LINE_COUNT;
}

enum record_key record_parent(enum record_key key)
{
    enum record_key parent = key;
    if (record_fields[key].depth == 0)
        return RECORD_KEY_COUNT;
    while (record_fields[parent].depth >= record_fields[key].depth)
        parent--;
    return parent;
}
